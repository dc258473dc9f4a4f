"""What broke, whose fault it is, and what to run: a card for each failed check, before all else."""

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.reports.evidence_text import answer_text, curl_line
from seatrial.reports.outline import short_name
from seatrial.reports.sections.section import Layout, Section
from seatrial.results import Check, Facts, HttpExchange, Text, Verdict

_ARROW = " → "


@dataclass(frozen=True)
class ExchangeView:
    """A call as a command, and its answer."""

    exchange: HttpExchange
    curl: str
    answer: str


@dataclass(frozen=True)
class Failure:
    """A failed check with all of its evidence but the pictures."""

    anchor: str
    check: Check
    name: str
    scenario: str
    blame: str
    """Whose fault it is, in a few words."""
    declared: Mapping[str, object]
    """By the last parts of its paths."""
    place: str
    """Where that is declared: "[edges.card.policy]"."""
    exchanges: tuple[ExchangeView, ...]
    texts: tuple[Text, ...]
    facts: tuple[Facts, ...]
    blocked: int
    """Checks that could not be judged because of it."""


def _lay_out(layout: Layout) -> tuple[Failure, ...] | None:
    failed = [check for check in layout.result.checks if check.verdict is Verdict.FAILED]
    return tuple(_failure(layout, check) for check in failed) or None


def _failure(layout: Layout, check: Check) -> Failure:
    paths = list(check.declared)
    head, is_policy, _ = paths[0].partition(".policy.") if paths else ("", "", "")
    place = f"{head}.policy" if is_policy else ""
    name = short_name(check)
    return Failure(
        anchor=layout.anchor(check),
        check=check,
        name=name,
        scenario=check.id.split(".", 1)[-1].rpartition(".")[0],
        blame=blame(check),
        declared={path.removeprefix(f"{place}."): check.declared[path] for path in paths},
        place=place,
        exchanges=tuple(
            ExchangeView(one, curl_line(one), answer_text(one))
            for one in check.evidence
            if isinstance(one, HttpExchange)
        ),
        texts=tuple(one for one in check.evidence if isinstance(one, Text)),
        facts=tuple(one for one in check.evidence if isinstance(one, Facts)),
        blocked=sum(
            other.subject == check.subject
            and other.verdict is Verdict.UNDECIDED
            and other.explanation.startswith(f"depends on {name}, which is failed")
            for other in layout.result.checks
        ),
    )


def blame(check: Check) -> str:
    """Return whose fault a failed check is, as far as its kind says."""
    pillar, _, rest = check.id.partition(".")
    consumer, arrow, provider = check.subject.partition(": ")[0].partition(_ARROW)
    if pillar == "chaos" and arrow:
        return f"{consumer} doesn't keep what it declares"
    if pillar == "contract":
        return {
            "consumer": f"{consumer} can't do what its contract expects" if arrow else "",
            "provider": f"{provider or consumer} doesn't answer as its consumers expect",
            "strength": "the contract lets through what its consumer can't live with",
            "openapi": f"{check.subject}'s document lacks what consumers need",
        }.get(rest, "")
    if pillar == "control":
        return "the checks didn't find exactly the defects that this control has"
    return "the services don't stand this load" if pillar == "load" else ""


FAILURES = Section("failures", _lay_out)
