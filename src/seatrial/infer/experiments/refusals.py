"""Whether a refusal by an open breaker says when to ask again."""

from collections.abc import Mapping

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.breaker import trip, tripping_kind
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials

_REFUSED = 3
_NONE_S = -1.0


@experiment
class Refusals(Experiment):
    """Open the breaker, and read what the answers to the next calls carry."""

    name = "refusals"
    question = "whether a refusal says when to ask again"
    gives = ("breaker.retry_after",)
    after = ("breaker",)

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker that stays open for a moment."""
        if known.parameters["breaker"].value is None:
            return "no breaker was seen to open"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Ask a few times, while it is open."""
        kind = tripping_kind(known)

        async def work(lab: Lab, label: str) -> Trial:
            opened = await trip(lab, kind)
            calls, facts = [], {}
            for _ in range(_REFUSED if opened.silent else 0):
                call, answer = await lab.ask()
                calls.append(call)
                facts[call.entity] = _asked_s(answer.headers if answer is not None else {})
            return await lab.trial(label, calls, facts, whole=opened.silent)

        return await bench.on_each(["refused"], work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Say what all calls that sent nothing were told."""
        found = [
            trial.facts[call.entity] != _NONE_S
            for trial in trials(seen, "refused")
            for call in trial.calls
            if not trial.attempts_of(call)
        ]
        text = f"{sum(found)} of {len(found)} refusals while it was open carry Retry-After"
        if not found or len(set(found)) > 1:
            return Known({"breaker.retry_after": Inferred.undecided(text, observations=len(found))})
        says = Inferred.measured(found[0], text, observations=len(found))
        return Known({"breaker.retry_after": says})


def _asked_s(headers: Mapping[str, str]) -> float:
    """Return what a Retry-After asks for, -1 where there is none; a date counts as 0 seconds."""
    value = headers.get("retry-after")
    if value is None:
        return _NONE_S
    return float(value) if value.isdigit() else 0.0
