"""Which of the provider's answers are failures: retried, and counted by the breaker."""

from collections.abc import Callable
from typing import Literal, Self

from pydantic import model_validator

from seatrial.config.section import Section, StatusCode, refuse

FailureCause = int | Literal["bad_answers", "timeouts", "connection_errors"]
"""A status, or what came instead of an answer that can be used."""


def _first(
    own: tuple[int, ...] | None, common: tuple[int, ...], preferred: Callable[[int], bool]
) -> int | None:
    """Return the first of these that is preferred; 503 comes before any other."""
    status = common if own is None else own
    ranked = sorted(status, key=lambda one: (not preferred(one), one != 503, status.index(one)))
    return ranked[0] if ranked else None


def _no_errors(status: tuple[int, ...]) -> str | None:
    good = [one for one in status if one < 400]
    if not good:
        return None
    return f"status has {', '.join(map(str, good))}, and only 400 to 599 are errors"


class DeclaredFailureKinds(Section):
    """What counts for one purpose. A status or bad answer that isn't said: as in `failures`."""

    status: tuple[StatusCode, ...] | None = None
    """These instead; an empty list: none."""
    bad_answers: bool | None = None
    """Answers with a good status that can't be used."""
    timeouts: bool = True
    """Attempts that got no answer in time."""
    connection_errors: bool = True
    """Connections that were refused, reset, or closed without a whole answer."""

    @model_validator(mode="after")
    def _errors_alone(self) -> Self:
        refuse(_no_errors(self.status or ()))
        return self


class DeclaredFailures(Section):
    """Which of the provider's answers count as failures: they are retried, and trip the breaker."""

    status: tuple[StatusCode, ...] = (429, 500, 502, 503, 504)
    """Those of its answers; any other from 400 on is a refusal, which is no failure."""
    bad_answers: bool = True
    """Answers with a good status that are no JSON, break off, or lack what the schema requires.

    Where `connection_errors` is declared otherwise, one that breaks off may be either.
    """
    retried: DeclaredFailureKinds = DeclaredFailureKinds()
    """Where it isn't the same: what a call is tried again after."""
    counted: DeclaredFailureKinds = DeclaredFailureKinds()
    """Where it isn't the same: what the breaker counts."""

    @model_validator(mode="after")
    def _an_error_at_least(self) -> Self:
        refuse(
            _no_errors(self.status),
            "status is empty; name the answers that count" if not self.status else None,
            "counted: nothing is left that the breaker counts; leave breaker out instead"
            if not any(self.counts(kind) for kind in self._kinds(self.counted))
            else None,
        )
        return self

    def retries(self, kind: FailureCause) -> bool:
        """Return True if a call is tried again after such an answer."""
        return self._covers(self.retried, kind)

    def counts(self, kind: FailureCause) -> bool:
        """Return True if the breaker counts such an answer."""
        return self._covers(self.counted, kind)

    def _covers(self, own: DeclaredFailureKinds, kind: FailureCause) -> bool:
        if isinstance(kind, int):
            return kind in (self.status if own.status is None else own.status)
        if kind == "bad_answers":
            return self.bad_answers if own.bad_answers is None else own.bad_answers
        return own.timeouts if kind == "timeouts" else own.connection_errors

    def _kinds(self, own: DeclaredFailureKinds) -> tuple[FailureCause, ...]:
        status = self.status if own.status is None else own.status
        return (*status, "bad_answers", "timeouts", "connection_errors")

    @property
    def counted_statuses(self) -> tuple[int, ...]:
        """All statuses that the breaker counts."""
        return self.status if self.counted.status is None else self.counted.status

    @property
    def retried_status(self) -> int | None:
        """A status that is tried again, and counted too if there is one; None: there is none."""
        return _first(self.retried.status, self.status, self.counts)

    @property
    def counted_status(self) -> int | None:
        """A status that the breaker counts, and that is retried too if there is one."""
        return _first(self.counted.status, self.status, self.retries)
