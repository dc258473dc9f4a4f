"""Which failures a breaker counts: the matrix's second column."""

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour
from seatrial.infer.trials import Observation, Trial


@experiment
class Counted(Experiment):
    """Fail as often as opens the breaker, in each way, and then ask once more while all is well."""

    name = "counted"
    question = "which failures the breaker counts"
    gives = ()
    after = ("attempts", "breaker", "timeouts")

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker whose threshold is known."""
        return None if known.number("breaker.failures") else "no threshold of a breaker is known"

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Fail in each way that ends in time."""
        failures = int(known.number("breaker.failures") or 0)
        open_s = known.parameters["breaker.open_s"].low or 0.0

        async def fail(lab: Lab, kind: str) -> Trial:
            async with lab.fault(KINDS[kind]):
                calls = await lab.calls(failures)
            calls.append(await lab.call())
            return await lab.trial(kind, calls, {"open_s": open_s})

        def ends_in_time(kind: str) -> bool:
            found = known.behaviour.get(kind)
            return (
                found is not None
                and found.after_s is not None
                and found.after_s * failures <= bench.patience_s
            )

        return await bench.on_each([kind for kind in KINDS if ends_in_time(kind)], fail)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """A call that sends nothing, though all is well, met an open breaker."""
        return Known({}, {trial.label: Behaviour(counted=_counted(trial)) for trial in seen})


def _counted(trial: Trial) -> bool | None:
    *failed, after = trial.calls
    opened = not trial.attempts_of(after)
    if opened:
        return True if after.outcome != "cached" else None
    # It may have opened in time and let this call through as a probe.
    late = after.started_s - failed[-1].ended_s >= trial.facts["open_s"]
    return None if late else False
