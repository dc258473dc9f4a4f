"""Reasons not to believe a run at all, which come before any limit.

An invalid run isn't a failed one: it says something about the generator or the machine, and nothing
about the system under load.
"""

from collections.abc import Callable, Iterator

from seatrial.loads.profile import Limits
from seatrial.loads.record import LoadRun
from seatrial.loads.stats import RAISED

RATE_OFF_MAX = 0.03
"""The rate's greatest deviation from the planned one."""
CPU_MAX = 0.8
"""The share of one core that a sending process may use; beyond it, it queues its own work."""
ANSWERS_MIN = 200
"""With fewer answers a run proves nothing."""
_LAG_MAX_MS = 500.0
_LAG_SHARE = 0.2
"""Of a limit in time, this share may be the generator's own lag."""


def invalid_reasons(run: LoadRun, *limits: Limits) -> tuple[str, ...]:
    """Return why this run proves nothing, one sentence each; empty when it may be judged.

    Args:
        run: what was sent.
        limits: all by which it would be judged, of the whole and of its phases.
    """
    lag_max_ms = min((lag_p99_max_ms(one) for one in limits), default=_LAG_MAX_MS)
    answers_min = (limits[0].answers_min if limits else None) or ANSWERS_MIN
    few = _too_few(run, answers_min)
    return (*(reason for ask in _QUESTIONS for reason in ask(run, lag_max_ms)), *few)


def lag_p99_max_ms(limits: Limits) -> float:
    """Return how late the generator may send before nothing that it measured counts.

    20 % of a declared limit in time, and at most 10 ms where milliseconds of hits are judged. Where
    only counts and ratios are, the oracle replays the times at which requests really left, so lag
    does not falsify it: measured with three times as much other work as the machine had cores, and
    a lag of up to 400 ms, it was still right within 0.6 %. Hence 500 ms.
    """
    if limits.hit_p99_max_ms is not None:
        return min(10.0, _LAG_SHARE * limits.hit_p99_max_ms)
    times_s = (limits.deadline_s, limits.staleness_max_s, limits.recovery_max_s)
    return min(_LAG_MAX_MS, *(_LAG_SHARE * 1000 * one for one in times_s if one), _LAG_MAX_MS)


def arrivals_per_s(run: LoadRun) -> float:
    """Return the rate at which requests really left."""
    return len(run.stats.arrivals) / run.sending_s


def cpu_share(run: LoadRun) -> float:
    """Return how much of a core the busiest sending process used, 0 to 1."""
    return max(run.cpu_by_worker_s, default=0.0) / run.sending_s


def _complete(run: LoadRun, lag_max_ms: float) -> Iterator[str]:
    del lag_max_ms
    if run.interrupted:
        yield "the run was interrupted, and its figures are partial"
    if run.exit_status is None:
        yield "Locust did not end in time and was stopped"
    if run.finished < run.workers:
        yield f"only {run.finished} of {run.workers} sending processes reached the end"


def _target(run: LoadRun, lag_max_ms: float) -> Iterator[str]:
    del lag_max_ms
    if not run.target_listens:
        yield f"nobody listens at the target {run.host} any more"
    elif run.stats.arrivals and run.count("no-answer", "timeout") == len(run.stats.arrivals):
        yield f"the target {run.host} answered nothing at all"
    outcomes = {one.outcome for one in run.stats.arrivals}
    if len(outcomes) == 1 and (raised := outcomes.pop()).startswith(RAISED):
        yield f"every call raised {raised.removeprefix(RAISED)}; fix the profile (see Locust's log)"


def _counts(run: LoadRun, lag_max_ms: float) -> Iterator[str]:
    del lag_max_ms
    rows = run.stats.arrivals
    answered = sum(one.answered_s is not None for one in rows)
    merged = (len(rows), run.stats.lag.count, answered, run.stats.latency_of().count)
    said = (run.counts.sent, run.counts.sent, run.counts.answered, run.counts.answered)
    if merged != said:
        yield (
            f"the counts don't add up: processes say {run.counts.sent} sent and "
            f"{run.counts.answered} answered, and {len(rows)} and {answered} were merged"
        )
    if answered < len(rows) and not run.interrupted:
        yield f"{len(rows) - answered} requests were never counted as ended; see Locust's log"


def _too_few(run: LoadRun, answers_min: int) -> Iterator[str]:
    answered = sum(one.answered_s is not None for one in run.stats.arrivals)
    if answered < answers_min:
        yield f"{answered} answers are too few; at least {answers_min} are needed"


def _rate(run: LoadRun, lag_max_ms: float) -> Iterator[str]:
    if run.counts.dropped:
        yield (
            f"{run.counts.dropped} arrivals were dropped, since {run.plan.max_in_flight} requests "
            "were in flight already"
        )
    if run.counts.unsent:
        could = len(run.stats.arrivals) / max(1e-9, run.last_sent_s - run.started_s)
        yield (
            f"this machine can't send {run.planned / run.plan.open_s:,.0f} requests a second to "
            f"this target: it could send about {could:,.0f}, and {run.counts.unsent} arrivals were "
            "given up"
        )
    elif run.plan.open_s == run.plan.duration_s:
        yield from _rate_off(run, lag_max_ms)


def _rate_off(run: LoadRun, lag_max_ms: float) -> Iterator[str]:
    # A single stall at the end of a short run is a lag, which has a limit of its own.
    sending_s = max(run.plan.duration_s, run.sending_s - lag_max_ms / 1000)
    wanted, real = run.planned / run.plan.duration_s, len(run.stats.arrivals) / sending_s
    if abs(real - wanted) > RATE_OFF_MAX * wanted:
        yield (
            f"{real:.1f} requests left per second where {wanted:.1f} were planned; "
            f"more than {RATE_OFF_MAX:.0%} off"
        )


def _generator(run: LoadRun, lag_max_ms: float) -> Iterator[str]:
    lag_ms = run.stats.lag.percentile_ms(99)
    if lag_ms > lag_max_ms:
        yield (
            f"1 % of requests left more than {lag_ms:.1f} ms late; {lag_max_ms:g} ms is the limit"
        )
    own_ms, beat_ms = run.stats.own_delay.percentile_ms(99), run.stats.beat.percentile_ms(99)
    if own_ms > lag_max_ms >= lag_ms:
        yield (
            f"1 % of answers were {own_ms:.1f} ms late by the generator's own doing: sent late, or "
            f"unread though they were there; {lag_max_ms:g} ms is the limit"
        )
    if beat_ms > lag_max_ms:
        yield (
            f"the generator's loop stood still for {beat_ms:.1f} ms or more in 1 % of all moments; "
            f"{lag_max_ms:g} ms is the limit"
        )
    if cpu_share(run) > CPU_MAX:
        yield (
            f"a sending process used {cpu_share(run):.0%} of a core; beyond {CPU_MAX:.0%} it "
            "measures itself; use more workers or a lower rate"
        )


_QUESTIONS: tuple[Callable[[LoadRun, float], Iterator[str]], ...] = (
    _complete,
    _target,
    _counts,
    _rate,
    _generator,
)
