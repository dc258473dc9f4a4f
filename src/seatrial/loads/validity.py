"""Whether a run can be believed at all, which is asked before any limit is.

An invalid run isn't a failed one: it says something about the generator or the machine, and nothing
about the system under load.
"""

from collections.abc import Callable, Iterator

from seatrial.loads.limits import Limits
from seatrial.loads.record import LoadRun

RATE_OFF_MAX = 0.03
"""How far the rate may be from the planned one."""
CPU_MAX = 0.8
"""The share of one core that a sending process may use; beyond it, it queues its own work."""


def invalid_reasons(run: LoadRun, limits: Limits | None = None) -> tuple[str, ...]:
    """Why this run proves nothing, one sentence each; empty when it may be judged."""
    chosen = limits or Limits()
    return tuple(reason for ask in _QUESTIONS for reason in ask(run, chosen))


def arrivals_per_s(run: LoadRun) -> float:
    """The rate at which requests really left."""
    return len(run.tally.arrivals) / run.sending_s


def cpu_share(run: LoadRun) -> float:
    """How much of a core each sending process used, 0 to 1."""
    return run.cpu_s / (run.workers * run.sending_s)


def _complete(run: LoadRun, limits: Limits) -> Iterator[str]:
    del limits
    if run.interrupted:
        yield "the run was interrupted, and its figures are partial"
    if run.exit_status is None:
        yield "Locust did not end in time and was stopped"
    if run.finished < run.workers:
        yield f"only {run.finished} of {run.workers} sending processes reached the end"


def _target(run: LoadRun, limits: Limits) -> Iterator[str]:
    del limits
    if not run.target_listens:
        yield f"nobody listens at the target {run.host} any more"
    elif run.tally.arrivals and run.count("no-answer", "timeout") == len(run.tally.arrivals):
        yield f"the target {run.host} answered nothing at all"


def _counts(run: LoadRun, limits: Limits) -> Iterator[str]:
    rows = run.tally.arrivals
    answered = sum(one.answered_s is not None for one in rows)
    merged = (len(rows), run.tally.lag.count, answered, run.tally.latency_of().count)
    said = (run.counts.sent, run.counts.sent, run.counts.answered, run.counts.answered)
    if merged != said:
        yield (
            f"the counts don't add up: processes say {run.counts.sent} sent and "
            f"{run.counts.answered} answered, and {len(rows)} and {answered} were merged"
        )
    if answered < len(rows) and not run.interrupted:
        yield f"{len(rows) - answered} requests ended without an account; see Locust's log"
    if answered < limits.answers_min:
        yield f"{answered} answers are too few; at least {limits.answers_min} are needed"


def _rate(run: LoadRun, limits: Limits) -> Iterator[str]:
    if run.counts.dropped:
        yield (
            f"{run.counts.dropped} arrivals were dropped, since {run.plan.max_in_flight} requests "
            "were in flight already"
        )
    # A single stall at the end of a short run is a lag, which has a limit of its own.
    sending_s = max(run.plan.duration_s, run.sending_s - limits.lag_p99_max_ms / 1000)
    wanted, real = run.planned / run.plan.duration_s, len(run.tally.arrivals) / sending_s
    if abs(real - wanted) > RATE_OFF_MAX * wanted:
        yield (
            f"{real:.1f} requests left per second where {wanted:.1f} were planned; "
            f"more than {RATE_OFF_MAX:.0%} off"
        )


def _generator(run: LoadRun, limits: Limits) -> Iterator[str]:
    lag_ms = run.tally.lag.percentile_ms(99)
    if lag_ms > limits.lag_p99_max_ms:
        yield (
            f"1 % of requests left more than {lag_ms:.1f} ms late; "
            f"{limits.lag_p99_max_ms:g} ms is the limit"
        )
    if cpu_share(run) > CPU_MAX:
        yield (
            f"the generator used {cpu_share(run):.0%} of a core a process; beyond {CPU_MAX:.0%} it "
            "measures itself; use more workers or a lower rate"
        )


_QUESTIONS: tuple[Callable[[LoadRun, Limits], Iterator[str]], ...] = (
    _complete,
    _target,
    _counts,
    _rate,
    _generator,
)
