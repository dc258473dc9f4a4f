"""What a reviewer would object to, each with its evidence and the line of policy that fixes it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from seatrial.infer.experiment import Known
from seatrial.infer.kinds import NEUTRAL
from seatrial.infer.parameters import Certainty, Inferred

Severity = Literal["high", "medium", "low"]
_ORDER = ("high", "medium", "low")


@dataclass(frozen=True)
class Objection:
    """One finding."""

    id: str
    severity: Severity
    text: str
    evidence: str
    fix: str


Reviewer = Callable[[Known], Iterator[Objection]]
_REVIEWERS: list[Reviewer] = []


def reviewer(function: Reviewer) -> Reviewer:
    """Register a reviewer: a pure function from what is known to objections."""
    _REVIEWERS.append(function)
    return function


def review(known: Known) -> list[Objection]:
    """Return all objections, the worst first."""
    found = [one for each in _REVIEWERS for one in each(known)]
    return sorted(found, key=lambda one: (_ORDER.index(one.severity), one.id))


def _get(known: Known, name: str) -> Inferred:
    return known.parameters.get(name, Inferred.undecided("not looked for"))


@reviewer
def no_timeout(known: Known) -> Iterator[Objection]:
    """An attempt without an answer is never given up."""
    found = _get(known, "retry.attempt_timeout_s")
    if found.certainty is Certainty.BOUNDED and found.high is None:
        yield Objection(
            "no-timeout",
            "high",
            "an attempt without an answer is waited for as long as anybody looked",
            found.why,
            "attempt_timeout_s = 1.0",
        )


@reviewer
def timeout_of_each_read(known: Known) -> Iterator[Objection]:
    """A timeout bounds each read and not the attempt."""
    found = _get(known, "retry.attempt_timeout_covers_body")
    if found.is_measured and found.value is False:
        yield Objection(
            "timeout-of-each-read",
            "medium",
            "the timeout bounds each read: a body that drips is read for ever",
            found.why,
            "attempt_timeout_s bounds connect, head and the whole body; set a deadline around it",
        )


@reviewer
def refusals_repeated(known: Known) -> Iterator[Objection]:
    """A refusal is repeated."""
    kinds = [
        kind
        for kind in NEUTRAL
        if (found := known.behaviour.get(kind)) and (found.attempts or 1) > 1
    ]
    if kinds:
        yield Objection(
            "refusals-repeated",
            "medium",
            f"{', '.join(kinds)} are repeated, although another attempt can't end otherwise",
            "; ".join(f"{kind}: {known.behaviour[kind].attempts} attempts" for kind in kinds),
            "status = [429, 500, 502, 503, 504] in failures",
        )


@reviewer
def waits_without_jitter(known: Known) -> Iterator[Objection]:
    """All callers come again at the same time."""
    found = _get(known, "retry.jitter")
    if found.is_measured and found.value == "none":
        yield Objection(
            "no-jitter",
            "low",
            "waits have no jitter: all callers of an outage come again at the same time",
            found.why,
            'jitter = "full"',
        )


@reviewer
def breaker_absent(known: Known) -> Iterator[Objection]:
    """Nothing stops the calls to a provider that is down."""
    found = _get(known, "breaker")
    if found.certainty is Certainty.ABSENT:
        yield Objection(
            "no-breaker",
            "medium",
            "nothing stops the calls to a provider that is down",
            found.why,
            "failures = 5, open_s = 30.0 in breaker",
        )


@reviewer
def breaker_lets_all_through(known: Known) -> Iterator[Objection]:
    """Half-open has no cap."""
    found = _get(known, "breaker.probes")
    if found.certainty is Certainty.ABSENT:
        yield Objection(
            "probes-uncapped",
            "medium",
            "once its open time is over, the breaker lets all callers through at once",
            found.why,
            "probes = 1 in breaker",
        )


@reviewer
def refusals_open_breaker(known: Known) -> Iterator[Objection]:
    """A refusal counts as a failure of the provider."""
    kinds = [kind for kind in NEUTRAL if (found := known.behaviour.get(kind)) and found.counted]
    if kinds:
        yield Objection(
            "refusals-open-breaker",
            "high" if "404" in kinds else "medium",
            f"{', '.join(kinds)} open the breaker, although the provider is well",
            "as many as open it were answered so, and the next call sent nothing",
            "count failures of the provider alone: 5xx, 429, connection errors, timeouts",
        )


@reviewer
def failures_kept(known: Known) -> Iterator[Objection]:
    """The cache keeps a failure."""
    kinds = [kind for kind, found in known.behaviour.items() if found.cached and kind != "404"]
    if kinds:
        yield Objection(
            "failures-cached",
            "high",
            f"{', '.join(kinds)} are kept by the cache, also when the provider is well again",
            "the second call sent nothing and was answered as the first",
            "keep good answers alone",
        )


@reviewer
def garbage_passed_on(known: Known) -> Iterator[Objection]:
    """Garbage looks good to the caller."""
    kinds = [
        kind
        for kind in ("garbage", "truncated", "empty_body")
        if (found := known.behaviour.get(kind)) and found.answer.startswith("good")
    ]
    if kinds:
        yield Objection(
            "garbage-passed-on",
            "high",
            f"the caller is given a good answer although the provider's was: {', '.join(kinds)}",
            "; ".join(f"{kind}: {known.behaviour[kind].answer}" for kind in kinds),
            "bad_answers = true in failures",
        )


@reviewer
def no_single_flight(known: Known) -> Iterator[Objection]:
    """Concurrent misses each ask."""
    found = _get(known, "cache.single_flight")
    if found.is_measured and found.value is False:
        yield Objection(
            "no-single-flight",
            "low",
            "concurrent misses of one entity each ask the provider",
            found.why,
            "single_flight = true in cache",
        )
