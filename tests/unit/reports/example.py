"""Made-up results: everything that a report must show, hostile text where it could come in."""

import random
from datetime import UTC, datetime
from typing import Any

from seatrial.results import (
    Check,
    Comparison,
    Curve,
    Evidence,
    Facts,
    FailureBehaviour,
    InferredParameter,
    Plot,
    Result,
    ReviewFinding,
    RunVerdict,
    Span,
    Text,
    Timeline,
    Verdict,
)

SCRIPT = "<script>window.pwned = 1</script>"
RIGHT_TO_LEFT = "user\u202egnp.exe\u200f"
ESCAPES = "\x1b[2J\x1b[31mred\x1b]0;title\x07\x00"
RICH_MARKUP = "[red]not markup[/red] [link=https://example.invalid]x[/link]"
TEMPLATE = "{{ 7 * 7 }} ${7*7} %{x}"
PLOT_MARKUP = '<a href="javascript:alert(1)">click</a><b>bold</b>'
MEGABYTE = "A" * 1_000_000
PAIR = "marketplace-service → user-service"
AS_IT_STANDS = "design's client, as it stands"
ERRORS_THROUGH = "design's client, errors let through"


def rich_result() -> Result:
    """All verdicts in all pillars, two controls, timelines of some sixty spans, load pictures."""
    return Result(
        command="seatrial run",
        verdict=RunVerdict.FAILED,
        engine="toxiproxy 2.12.0",
        seed=20260301,
        started=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        duration_s=41.27,
        checks=(*_contracts(), *_chaos(), *_controls(), *_load()),
        figures={
            "cacheHitRatio": 0.9312,
            "upstreamCallsPerOracle": 1.013,
            "latencyP50Ms": 1.84,
            "latencyP99Ms": 23.7,
            "requestsPerS": 398.6,
            "contractInteractions": 9,
        },
        notes=("The breaker's open time of 60 s was proved in virtual time; this run used 1.5 s.",),
    )


def calm_result() -> Result:
    """The same run without failures, hostile text or open questions."""
    rich = rich_result()
    checks = tuple(check for check in rich.checks if check.verdict is Verdict.PASSED)
    return rich.model_copy(update={"checks": checks, "verdict": RunVerdict.PASSED})


def inferred_result() -> Result:
    """What `seatrial infer` finds of one edge: parameters, a grid, objections, pictures."""

    def found(value: float | None, certainty: Any, why: str) -> InferredParameter:
        return InferredParameter(
            value=value, low=value, high=None, certainty=certainty, observations=9, why=why
        )

    return rich_result().model_copy(
        update={
            "command": "infer",
            "verdict": RunVerdict.PASSED,
            "checks": (),
            "inferred": {
                "card": {
                    "retry.attempts": found(3, "measured", "each of 9 calls made 3 attempts"),
                    "retry.cap_s": found(0.8, "bounded", "no wait was seen to be capped"),
                    "breaker.order": found(None, "undecided", "no call was cut short"),
                    "cache": found(None, "absent", "each of 9 lookups was sent"),
                }
            },
            "policies": {"card": f"[edges.card.policy.retry]\nattempts = 3  # {SCRIPT}\n"},
            "behaviour": {
                "card": {
                    kind: FailureBehaviour(
                        attempts=attempts,
                        counted=counted,
                        cached=None,
                        answer="failed 503",
                        after_s=0.4,
                    )
                    for kind, attempts, counted in (
                        ("refused", None, True),
                        ("503", 3, True),
                        ("404", 1, False),
                    )
                }
            },
            "findings": (
                ReviewFinding(
                    id="no-jitter",
                    severity="high",
                    text=f"Waits have no jitter {SCRIPT}",
                    evidence="18 waits of 0.100 s",
                    fix='jitter = "full"',
                    edge="card",
                ),
            ),
            "pictures": {"card": (waits_histogram(), breaker_timeline())},
        }
    )


def waits_histogram() -> Plot:
    """Waits as bars, with what a law expects."""
    bars = tuple((0.01 * at, float(at % 4)) for at in range(20))
    return Plot(
        title="Waits before the second attempt",
        x_title="wait, s",
        y_title="waits",
        curves=(
            Curve(name="seen", points=bars, drawn="bars"),
            Curve(name="full jitter", points=((0.0, 1.5), (0.2, 1.5))),
        ),
    )


def hostile_result() -> Result:
    """Every hostile text in every field that can hold one."""
    nasty = " ".join((SCRIPT, RIGHT_TO_LEFT, ESCAPES, RICH_MARKUP, TEMPLATE, PLOT_MARKUP))
    spans = tuple(Span(lane=nasty, label=nasty, start_s=i, end_s=i + 1) for i in range(3))
    evidence: tuple[Evidence, ...] = (
        Timeline(title=nasty, spans=spans),
        Plot(
            title=nasty, x_title=nasty, y_title=nasty, curves=(Curve(name=nasty, points=((0, 1),)),)
        ),
        Facts(values={nasty: nasty, "megabyte": MEGABYTE}),
        Text(title=nasty, text=f"{nasty}\n{MEGABYTE}\nthe last line"),
        Comparison(
            subject=nasty,
            verdicts={"chaos.nasty": Verdict.FAILED},
            explanations={"chaos.nasty": nasty + MEGABYTE},
        ),
    )
    check = Check(
        id="chaos.nasty",
        subject=nasty + MEGABYTE,
        verdict=Verdict.FAILED,
        explanation=nasty + MEGABYTE,
        evidence=evidence,
        rerun=f"seatrial chaos run {nasty}\nrm -rf /",
    )
    stranger = check.model_copy(update={"id": f"{SCRIPT}.x", "evidence": ()})
    return rich_result().model_copy(
        update={
            "checks": (check, stranger),
            "notes": (nasty,),
            "figures": {nasty: 1.0},
            "engine": nasty,
        }
    )


def _check(
    identifier: str,
    subject: str,
    verdict: Verdict,
    explanation: str,
    *evidence: Evidence,
    rerun: str = "seatrial contracts --provider user-service",
) -> Check:
    return Check(
        id=identifier,
        subject=subject,
        verdict=verdict,
        explanation=explanation,
        evidence=evidence,
        rerun=rerun,
    )


def _contracts() -> list[Check]:
    interactions = {
        "a request for an existing user": Verdict.PASSED,
        "a request for a user that doesn't exist": Verdict.PASSED,
        "a request for an existing user's profile": Verdict.FAILED,
        "a request to rename a user": Verdict.PASSED,
    }
    checks = []
    for name, verdict in interactions.items():
        subject = f"{PAIR}: {name} (user 7 exists)"
        checks.append(
            _check(
                "contract.consumer", subject, Verdict.PASSED, "The client reads what it expects."
            )
        )
        if verdict is Verdict.FAILED:
            checks.append(
                _check(
                    "contract.provider",
                    subject,
                    verdict,
                    "The provider answered displayName as null where the consumer needs a string.",
                    Text(
                        title="verifier",
                        text=f"$.displayName: expected a string\ngot {ESCAPES}\n" * 6,
                    ),
                    rerun="pytest contracts -k profile",
                )
            )
        else:
            checks.append(
                _check(
                    "contract.provider", subject, verdict, "Verified against the running provider."
                )
            )
        checks.append(
            _check(
                "contract.strength",
                subject,
                Verdict.PASSED if verdict is Verdict.PASSED else Verdict.UNDECIDED,
                "11 of 11 mutants of the answer were killed."
                if verdict is Verdict.PASSED
                else "Not measured: the unchanged answer doesn't hold.",
                Facts(values={"mutants": 11, "killed": 11}),
            )
        )
    name = f"{PAIR}: a user called {SCRIPT} {RIGHT_TO_LEFT} {RICH_MARKUP}"
    checks.append(_check("contract.consumer", name, Verdict.PASSED, f"Answered {TEMPLATE} unread."))
    return checks


def _chaos() -> list[Check]:
    timeline = breaker_timeline()
    rerun = "seatrial chaos run provider_down --seed 20260301"
    declared = Facts(
        values={"breakerFailures": 5, "breakerOpenS": 1.5, "breakerProbes": 3, "attempts": 3}
    )
    gaps = Facts(values={"attempts": 3, "firstGapMs": 61.2, "secondGapMs": 148.9, "slackMs": 50.0})
    return [
        _check(
            "chaos.provider_down.opens-at-threshold",
            PAIR,
            Verdict.PASSED,
            "Opened after exactly 5 failed attempts.",
            timeline,
            declared,
            rerun=rerun,
        ),
        _check(
            "chaos.provider_down.stays-open-as-declared",
            PAIR,
            Verdict.PASSED,
            "Nothing reached the wire for 1.5 s, while 14 calls were answered with the fallback.",
            timeline,
            rerun=rerun,
        ),
        _check(
            "chaos.provider_down.caps-probes",
            PAIR,
            Verdict.FAILED,
            "4 probes reached the provider while half-open; 3 were declared.",
            timeline,
            Facts(values={"probesSeen": 4, "probesDeclared": 3, "halfOpenAtS": 4.1}),
            rerun=rerun,
        ),
        _check(
            "chaos.attempts_fail.hides-short-failures",
            PAIR,
            Verdict.PASSED,
            "Three attempts with growing gaps; the caller never noticed.",
            retry_timeline(),
            gaps,
            rerun="seatrial chaos run attempts_fail --seed 20260301",
        ),
        _check(
            "chaos.attempts_fail.waits-are-spread",
            PAIR,
            Verdict.UNDECIDED,
            "Full jitter needs at least 30 gaps to be seen; 2 were seen.",
            rerun="seatrial chaos run attempts_fail --seed 20260301",
        ),
        _check(
            "chaos.stale",
            PAIR,
            Verdict.SKIPPED,
            "edges.card.policy declares no stale-if-error",
            rerun="seatrial chaos run stale",
        ),
    ]


def _controls() -> list[Check]:
    as_it_stands = Comparison(
        subject=AS_IT_STANDS,
        verdicts={
            "provider_down/opens-at-threshold": Verdict.FAILED,
            "provider_down/stays-open-as-declared": Verdict.UNDECIDED,
            "provider_down/caps-probes": Verdict.UNDECIDED,
            "attempts_fail/hides-short-failures": Verdict.FAILED,
        },
        explanations={
            "provider_down/opens-at-threshold": "25 failed calls, and the breaker never opened: "
            "its client turns each error into null.",
            "provider_down/stays-open-as-declared": "The breaker never opened.",
            "provider_down/caps-probes": "The breaker never opened.",
            "attempts_fail/hides-short-failures": "6 of 6 calls were answered with null.",
        },
    )
    errors_through = Comparison(
        subject=ERRORS_THROUGH,
        verdicts={
            "provider_down/opens-at-threshold": Verdict.PASSED,
            "provider_down/stays-open-as-declared": Verdict.FAILED,
            "provider_down/caps-probes": Verdict.UNDECIDED,
        },
        explanations={
            "provider_down/opens-at-threshold": "It opened after 5 failures.",
            "provider_down/stays-open-as-declared": "The provider was asked 12 times while the "
            "breaker was declared open.",
            "provider_down/caps-probes": "It was never seen open, so there was nothing to probe.",
        },
    )
    rerun = "seatrial chaos run provider_down attempts_fail --edge card"
    return [
        _check(
            "control.design",
            f"marketplace-service with {AS_IT_STANDS}",
            Verdict.PASSED,
            "Each of its 2 defects was found, and no other.",
            as_it_stands,
            breaker_timeline(held=False),
            rerun=rerun,
        ),
        _check(
            "control.design-raising",
            f"marketplace-service with {ERRORS_THROUGH}",
            Verdict.PASSED,
            "Its defect was found, and no other.",
            errors_through,
            rerun=rerun,
        ),
    ]


def _load() -> list[Check]:
    subject = "cached_lookups · GET /users/{id}/card"
    rerun = "seatrial load run cached_lookups --seed 20260301"
    percentiles = (1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99)
    latency = Plot(
        title="Latency by percentile, from the intended start",
        x_title="requests slower than this (%)",
        y_title="latency (ms)",
        x_log=True,
        y_log=True,
        curves=(
            Curve(
                name="all",
                points=tuple((100 - p, 0.9 + (i + 1) ** 2.1) for i, p in enumerate(percentiles)),
            ),
            Curve(
                name="cache hits",
                points=tuple((100 - p, 0.7 + 0.4 * i) for i, p in enumerate(percentiles)),
            ),
        ),
    )
    noise = random.Random(7)
    rate = Plot(
        title="Requests over time",
        x_title="time (s)",
        y_title="requests (1/s)",
        curves=(
            Curve(
                name="asked", points=tuple((float(t), 400 + noise.gauss(0, 9)) for t in range(30))
            ),
            Curve(
                name="upstream",
                points=tuple((float(t), 380 / (1 + t) + noise.uniform(15, 25)) for t in range(30)),
            ),
        ),
    )
    return [
        _check(
            "load.hit_ratio",
            subject,
            Verdict.PASSED,
            "93.1% hits; the limit is 90%.",
            latency,
            rate,
            rerun=rerun,
        ),
        _check(
            "load.upstream",
            subject,
            Verdict.PASSED,
            "835 upstream calls, 1.01 times the oracle's 824; the limit is 1.05.",
            rerun=rerun,
        ),
        _check("load.errors", subject, Verdict.PASSED, "No error in 11,958 requests.", rerun=rerun),
    ]


def breaker_timeline(*, held: bool = True) -> Timeline:
    """Some sixty spans: calls, attempts, the fault and the declared state of the breaker.

    Args:
        held: whether the breaker keeps calls from the wire while it is declared open.
    """
    noise = random.Random(11)
    spans = [
        Span(lane="faults", label="proxy disabled", start_s=1.0, end_s=3.2),
        Span(lane="declared", label="closed", start_s=0.0, end_s=1.9),
        Span(lane="declared", label="open", start_s=1.9, end_s=4.0),
        Span(lane="declared", label="half-open", start_s=4.0, end_s=4.6),
        Span(lane="declared", label="closed", start_s=4.6, end_s=6.5),
    ]
    start_s = 0.05
    while start_s < 6.3:
        outcome = "good" if start_s < 1.0 or start_s > 4.0 else "degraded"
        if 1.0 <= start_s < 1.25:
            outcome = "failed"
        took_s = noise.uniform(0.012, 0.05) if outcome != "failed" else 0.32
        spans.append(
            Span(
                lane="calls",
                label=f"GET /users/{len(spans)}/card",
                start_s=start_s,
                end_s=start_s + took_s,
                outcome=outcome,
            )
        )
        if outcome == "good" or not held:
            spans.append(
                Span(
                    lane="wire",
                    label=f"GET /users/{len(spans)}",
                    start_s=start_s + 0.003,
                    end_s=start_s + took_s - 0.003,
                    outcome="200" if outcome == "good" else "503",
                )
            )
        start_s += 0.21
    spans.extend(
        Span(lane="wire", label="connect", start_s=at_s, end_s=at_s + 0.001, outcome="refused")
        for at_s in (1.02, 1.12, 1.31, 1.45, 1.71)
    )
    return Timeline(title="The provider goes away and comes back", spans=tuple(spans))


def retry_timeline() -> Timeline:
    """Overlapping calls, each with three attempts."""
    spans = []
    for call in range(6):
        start_s = 0.02 + call * 0.09
        spans.append(
            Span(
                lane="calls",
                label=f"GET /users/{call}/card",
                start_s=start_s,
                end_s=start_s + 0.3 + call * 0.01,
                outcome="good",
            )
        )
        for attempt, gap_s in enumerate((0.0, 0.07, 0.25)):
            at_s = start_s + 0.004 + gap_s
            status = "200" if attempt == 2 else "503"
            label = f"GET /users/{call} · attempt {attempt + 1}"
            spans.append(
                Span(lane="wire", label=label, start_s=at_s, end_s=at_s + 0.012, outcome=status)
            )
    spans.append(Span(lane="faults", label="next 2 answer 503", start_s=0.0, end_s=0.8))
    return Timeline(title="Two of three attempts fail", spans=tuple(spans))
