"""Planted evidence: a consumer that sends and waits as a test says, without a wire."""

from collections.abc import Mapping

from seatrial.checks import Attempt, Call, Outcome
from seatrial.infer.experiment import Known
from seatrial.infer.lab import PHASE
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Trial


class PlantedTrial:
    """Calls one after the other, each with its attempts. Times are seconds."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._calls: list[Call] = []
        self._attempts: list[Attempt] = []
        self.now_s = 100.0

    def call(
        self,
        *lives_s: float,
        waits_s: tuple[float, ...] = (),
        status: int | None = 503,
        outcome: Outcome = "failed",
        entity: str | None = None,
        given_up: bool = False,
        took_s: float | None = None,
        trace_id: str = "",
        key: str | None = None,
        keys: tuple[str | None, ...] = (),
        retry_after: str | None = None,
    ) -> "PlantedTrial":
        """Add a call that makes an attempt for each life, with these waits between them."""
        started_s = self.now_s
        entity = entity or f"e-{len(self._calls)}"
        for place, life_s in enumerate(lives_s):
            arrived_s = self.now_s
            self.now_s += life_s
            self._attempts.append(
                Attempt(
                    entity,
                    arrived_s,
                    None if given_up else self.now_s,
                    None if given_up else status,
                    ended_s=self.now_s,
                    given_up_s=self.now_s if given_up else None,
                    trace_id=trace_id or None,
                    key=keys[place] if keys else key,
                )
            )
            if place < len(waits_s):
                self.now_s += waits_s[place]
        if took_s is not None:
            self.now_s = started_s + took_s
        self._calls.append(
            Call(
                entity,
                PHASE,
                started_s,
                self.now_s,
                outcome,
                status,
                trace_id="t" if trace_id else "",
                retry_after=retry_after,
            )
        )
        self.now_s += 0.001
        return self

    def good(self, *, entity: str | None = None, sent: int = 1) -> "PlantedTrial":
        """Add a good call, which sent a request or was answered without."""
        return self.call(*[0.001] * sent, status=200, outcome="good", entity=entity)

    def silent(self, *, entity: str | None = None) -> "PlantedTrial":
        """Add a call that failed without sending anything."""
        return self.call(entity=entity)

    def wait(self, time_s: float) -> "PlantedTrial":
        """Let time pass."""
        self.now_s += time_s
        return self

    @property
    def made(self) -> int:
        """How many calls there are."""
        return len(self._calls)

    def trial(
        self, *, whole: bool = True, by_entity: Mapping[str, float] | None = None, **facts: float
    ) -> Trial:
        """Return the evidence."""
        known = {**(by_entity or {}), **facts}
        return Trial(self._label, tuple(self._calls), tuple(self._attempts), known, whole)


def known(
    parameters: Mapping[str, Inferred] | None = None, *, noise_s: float = 0.005, attempts: int = 3
) -> Known:
    """Return what earlier experiments found: a consumer that repeats 503 and resets."""
    found = {
        "noise.call_s": Inferred.measured(0.001, "", observations=9, low=0.001, high=noise_s / 2),
        "retry.attempts": Inferred.measured(attempts, "", observations=9),
    }
    kinds = ("503", "500", "502", "504", "429", "closed", "reset")
    rows = {kind: Behaviour(attempts=attempts, after_s=0.1) for kind in kinds}
    return Known({**found, **(parameters or {})}, rows)


def value_of(found: Inferred) -> float:
    """Return a measured number."""
    assert isinstance(found.value, int | float), found
    return float(found.value)
