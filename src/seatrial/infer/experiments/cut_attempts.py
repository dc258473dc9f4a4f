"""Whether a deadline may have kept calls from further attempts."""

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import SETTLING_KINDS
from seatrial.infer.lab import Bench
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation

_SHARES = {"full": 0.3, "equal": 0.65}
"""By the law of waits: a deadline would have left time for another attempt after so short a one."""
_GROWTH = 3.0
"""No wait is more times as long as the one before it, where its growth isn't known."""


@experiment
class CutAttempts(Experiment):
    """Hold what attempts and waits took against the shortest deadline that there may be.

    A client that knows its deadline doesn't begin to wait for what it can't make any more: its
    calls end at once, with fewer attempts than it is set to, as axios-retry's do.
    """

    name = "cut-attempts"
    question = "whether a deadline leaves no time for another attempt"
    gives = ("retry.attempts",)
    after = ("attempts", "waits", "timeouts", "retry-after")
    observes = False

    def skipped(self, known: Known) -> str | None:
        """It takes attempts that were counted."""
        return None if (known.number("retry.attempts") or 1) > 1 else "nothing is repeated"

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Do nothing: it is all known."""
        return ()

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Say a least number, where one more attempt would not have been in time."""
        found = known.parameters["retry.attempts"]
        attempts = known.number("retry.attempts") or 1
        deadline = known.parameters.get("retry.deadline_s")
        rows = [known.behaviour[kind] for kind in SETTLING_KINDS if kind in known.behaviour]
        ended_s = [row.after_s for row in rows if row.attempts == attempts and row.after_s]
        if deadline is None or not ended_s:
            return Known()
        next_s = min(ended_s) + _next_wait_s(known, attempts, min(ended_s)) * _share(known)
        # A call that was let take so long had no shorter deadline.
        least_s = max(deadline.low or 0.0, max(ended_s))
        if next_s <= least_s + known.noise_s:
            return Known({"retry.attempts": found})
        return Known(
            {
                "retry.attempts": Inferred.bounded(
                    f"{found.why}; another one could have been made {next_s:.2f} s after the "
                    f"call's start, and a deadline of {least_s:.2f} s isn't ruled out",
                    observations=found.observations,
                    low=attempts,
                )
            }
        )


def _share(known: Known) -> float:
    """Return the share of its longest that a wait is under sometimes, among as many calls."""
    found = known.parameters.get("retry.jitter")
    return _SHARES.get(str(found.value), 1.0) if found else 1.0


def _next_wait_s(known: Known, attempts: float, ended_s: float) -> float:
    """Return the longest that the wait before one more attempt may be."""
    base = known.parameters.get("retry.backoff_s")
    growth = known.parameters.get("retry.growth")
    cap_s = known.number("retry.cap_s")
    factor = growth.high if growth and growth.high is not None else _GROWTH
    first_s = base.high if base and base.high is not None else ended_s
    next_s: float = first_s * factor ** (attempts - 1)
    if growth is None or growth.high is None:
        next_s = min(next_s, ended_s * _GROWTH)
    return next_s if cap_s is None else min(next_s, cap_s)
