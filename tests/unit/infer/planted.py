"""Planted evidence: a consumer that sends and waits as a test says, without a wire."""

from seatrial.checks import Attempt, Call, Outcome
from seatrial.infer.lab import PHASE
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
                )
            )
            if place < len(waits_s):
                self.now_s += waits_s[place]
        self._calls.append(Call(entity, PHASE, started_s, self.now_s, outcome, status))
        self.now_s += 0.01
        return self

    def trial(self, **facts: float) -> Trial:
        """Return the evidence."""
        return Trial(self._label, tuple(self._calls), tuple(self._attempts), facts)
