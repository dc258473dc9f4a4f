"""`seatrial chaos list --checks`: what each check must have seen, from the checks themselves."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seatrial.cli.output import table

if TYPE_CHECKING:
    from seatrial.checks import WireCheck
    from seatrial.scenarios import Scenario


_ALL = (
    "No check is decided where callers were answered about what others had asked for (right-entity "
    "says it), and none that reads the wire where the tap had to drop requests."
)


def list_checks(scenarios: "Iterable[Scenario]") -> None:
    """Print every check, what it must have seen, and the scenarios that judge by it."""
    titles = ("check", "must have seen", "depends on", "scenarios")
    table(titles, check_rows(list(scenarios)))
    table((_ALL,), ())


def check_rows(scenarios: "Iterable[Scenario]") -> Iterator[tuple[str, str, str, str]]:
    """Each check's row."""
    from seatrial.checks import CHECKS

    for name, check in CHECKS.items():
        users = [one.name for one in scenarios if name in {each.id for each in one.checks}]
        grounds = [one.id for one in check.depends_on]
        yield name, "; ".join(must_have_seen(check)), " ".join(grounds), " ".join(users)


def must_have_seen(check: "WireCheck") -> Iterator[str]:
    """Say in words what a check is undecided without."""
    for need in check.needs:
        names = [need] if not isinstance(need, frozenset) else sorted(need, key=str)
        yield "calls " + " or ".join(map(str, names))
    for premise in check.premises:
        yield premise.text
