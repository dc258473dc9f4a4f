"""The judgement of a load run: why it is invalid, or a check for each of its profile's limits."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.figures import figures
from seatrial.loads.limits import judge_load
from seatrial.loads.pictures import plots
from seatrial.loads.session.jobs import LoadJob
from seatrial.loads.stats import Stats
from seatrial.loads.validity import invalid_reasons
from seatrial.redaction import without_secrets
from seatrial.results import Check, HttpExchange, Text, Verdict

TARGET_WAIT_MAX = 0.5
"""A thread under load that waited for a processor for more of the run was slow for want of one."""
_OF_TIME = {"errors", "goodput", "hit-p99", "hits-beat-misses", "recovery", "stays-fresh"}
"""Limits that a slow machine can break."""
_OF_ERRORS = {"errors", "goodput", "recovery"}
"""Limits that answers break which aren't good."""


@dataclass(frozen=True)
class LoadResult:
    """A judged load run; where it is invalid there are no checks."""

    checks: tuple[Check, ...]
    invalid: tuple[str, ...]
    figures: dict[str, float]
    evidence: LoadEvidence | None = None

    @property
    def interrupted(self) -> bool:
        """True if a person ended it early."""
        return self.evidence is not None and self.evidence.run.interrupted


def judge_run(evidence: LoadEvidence, job: LoadJob, problems: Iterable[str] = ()) -> LoadResult:
    """Judge a run by its profile's limits.

    Args:
        evidence: the run, with what was seen elsewhere.
        job: the profile.
        problems: further reasons why the run proves nothing.
    """
    profile = job.profile
    found = figures(evidence)
    reasons = (
        *invalid_reasons(evidence.run, profile.limits, *profile.phase_limits.values()),
        *problems,
    )
    if reasons:
        named = tuple(f"load {job.name}: {reason}" for reason in reasons)
        return LoadResult((), named, found, evidence)
    first, *others = judge_load(evidence, profile.limits, profile.phase_limits)
    starved = _starved(evidence, (first, *others))
    if starved:
        return LoadResult((), (f"load {job.name}: {starved}",), found, evidence)
    pictured = first.model_copy(update={"evidence": (*first.evidence, *plots(evidence))})
    checks = tuple(_with_exchange(one, evidence.run.stats) for one in (pictured, *others))
    return LoadResult(checks, (), found, evidence)


def _with_exchange(check: Check, stats: Stats) -> Check:
    """Return a failed check of errors with the first request of the outcome that most had."""
    if check.verdict is not Verdict.FAILED or check.id.rpartition(".")[2] not in _OF_ERRORS:
        return check
    often = Counter(one.outcome for one in stats.arrivals if one.outcome in stats.failed)
    if not often:
        return check
    ((outcome, count),) = often.most_common(1)
    title = f"the first of {count} requests that ended as {outcome}"
    exchange = HttpExchange(title=title, at_s=0.0, **stats.failed[outcome])
    return check.model_copy(update={"evidence": (*check.evidence, exchange)})


def with_printed(result: LoadResult, printed: Mapping[str, str]) -> LoadResult:
    """Return a result whose failed checks show what the services printed last, by its title."""
    texts = tuple(Text(title=title, text=without_secrets(said)) for title, said in printed.items())
    checks = tuple(
        one.model_copy(update={"evidence": (*one.evidence, *texts)})
        if one.verdict is Verdict.FAILED
        else one
        for one in result.checks
    )
    return replace(result, checks=checks)


def _starved(evidence: LoadEvidence, checks: Iterable[Check]) -> str | None:
    """Return why what failed may be the machine's doing; None where it isn't.

    What is kept in spite of a busy machine is kept all the more.
    """
    ratio = evidence.run.target_wait_ratio
    late = [
        one.id
        for one in checks
        if one.verdict is Verdict.FAILED and one.id.rpartition(".")[2] in _OF_TIME
    ]
    if ratio is None or ratio <= TARGET_WAIT_MAX or not late:
        return None
    return (
        f"{', '.join(late)} failed, but what is under load waited for a processor for {ratio:.0%} "
        "of the time: this machine is too busy to judge it"
    )
