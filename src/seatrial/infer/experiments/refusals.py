"""Whether a refusal by an open breaker says when to ask again."""

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.breaker import trip, tripping_kind
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials

_REFUSED = 3


@experiment
class Refusals(Experiment):
    """Open the breaker, and read what the answers to the next calls carry."""

    name = "refusals"
    question = "whether a refusal says when to ask again"
    gives = ("breaker.retry_after",)
    after = ("breaker", "at-once")

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker that stays open for a moment."""
        if known.parameters["breaker"].value is None:
            return "no breaker was seen to open"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Ask a few times, while it is open."""
        kind = tripping_kind(known)

        async def work(lab: Lab, label: str) -> Trial:
            opened = await trip(lab, kind, at_once=known.at_once)
            calls = await lab.calls(_REFUSED) if opened.silent else []
            return await lab.trial(label, calls, whole=opened.silent)

        return await bench.on_each(["refused"], work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Say what the answers to all calls that sent nothing carry."""
        found = [
            call.retry_after is not None
            for trial in trials(seen, "refused")
            for call in trial.calls
            if not trial.attempts_of(call)
        ]
        text = f"{sum(found)} of {len(found)} refusals while it was open carry Retry-After"
        if not found or len(set(found)) > 1:
            return Known({"breaker.retry_after": Inferred.undecided(text, observations=len(found))})
        says = Inferred.measured(found[0], text, observations=len(found))
        return Known({"breaker.retry_after": says})
