"""What a healthy call takes, and how late the wire's clock is: the noise of every time."""

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials

_CALLS = 12


@experiment
class Noise(Experiment):
    """Make a few calls while all is well."""

    name = "noise"
    question = "what a call takes while all is well"
    gives = ("noise.call_s", "noise.connections")

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Call."""

        async def call(lab: Lab, label: str) -> Trial:
            return await lab.trial(label, await lab.calls(_CALLS))

        return await bench.on_each(["well"], call)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Take the middle and the worst of them."""
        (trial,) = trials(seen, "well")
        took_s = sorted(call.took_s for call in trial.calls[1:])
        connections = {attempt.connection for attempt in trial.attempts}
        return Known(
            {
                "noise.call_s": Inferred.measured(
                    round(took_s[len(took_s) // 2], 4),
                    f"the middle of {len(took_s)} calls while all was well",
                    observations=len(took_s),
                    low=took_s[0],
                    high=took_s[-1],
                ),
                "noise.connections": Inferred.measured(
                    len(connections),
                    f"connections for {len(trial.attempts)} requests one after the other",
                    observations=len(trial.attempts),
                ),
            }
        )
