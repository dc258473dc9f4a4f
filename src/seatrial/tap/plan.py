"""The fault plan: ordered rules, each saying which requests, when, and what to do to them.

The first rule that matches a request and is due takes it. A rule counts the requests that reach
it, so that `first 2 → 503, first 1 → reset` is two 503s, one reset, and then the provider again.

A plan is replaced as a whole. A rule that was in force before and has the same id goes on counting
where it was, so that rules can be added and taken out around it.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Annotated, Literal, NamedTuple, Self
from urllib.parse import parse_qsl, unquote

from pydantic import Field, model_validator

from seatrial.results import Model
from seatrial.tap.actions import AnyAction
from seatrial.tap.message import Headers
from seatrial.tap.patterns import Pattern, matcher

MAX_RULES = 1_000
MAX_COUNTERS = 10_000
"""Distinct paths, traces or keys that a rule counts; the ones unused longest are forgotten."""


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as a rule sees it."""

    method: str
    path: str
    query: str
    headers: Headers = field(default_factory=Headers)
    trace_id: str | None = None
    key: str | None = None
    """The Idempotency-Key."""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, whatever its case; None where there is none."""
        value = self.headers.get(name.lower().encode("latin-1", "replace"))
        return None if value is None else value.decode("latin-1")


class Match(Model):
    """A choice of requests: all that is said must be so; nothing said is every request."""

    method: Pattern | None = None
    path: Pattern | None = None
    """For the raw path, without its query."""
    query: dict[str, Pattern] = Field({}, max_length=50)
    """Parameter → pattern for one of its decoded values."""
    header: dict[str, Pattern] = Field({}, max_length=50)
    """Header → pattern for its value."""
    entity: Pattern | None = None
    """For what the request is about: a segment of the path, a value in the query (also between
    commas), or the value of `entity_header`."""
    entity_header: str | None = Field(None, min_length=1, max_length=100)
    """The header that may name it too."""

    def covers(self, request: RequestView) -> bool:
        """Return True if a request is one of these."""
        if self.method is not None and not matcher(self.method)(request.method):
            return False
        if self.path is not None and not matcher(self.path)(request.path):
            return False
        return (
            self._covers_query(request) and self._covers_headers(request) and self._about(request)
        )

    def _about(self, request: RequestView) -> bool:
        if self.entity is None:
            return True
        named = [unquote(segment) for segment in request.path.split("/")]
        named += [one for _, value in parse_qsl(request.query) for one in value.split(",")]
        if self.entity_header is not None:
            named.append(request.header(self.entity_header) or "")
        return any(matcher(self.entity)(name) for name in named if name)

    def _covers_query(self, request: RequestView) -> bool:
        if not self.query:
            return True
        given = parse_qsl(request.query, keep_blank_values=True)
        return all(
            any(name == wanted and matcher(pattern)(value) for name, value in given)
            for wanted, pattern in self.query.items()
        )

    def _covers_headers(self, request: RequestView) -> bool:
        for name, pattern in self.header.items():
            value = request.header(name)
            if value is None or not matcher(pattern)(value):
                return False
        return True


class When(Model):
    """A choice among the matching requests, one of five; every one where nothing is said."""

    first: int | None = Field(None, ge=1, le=1_000_000_000)
    """The first N."""
    nth: int | None = Field(None, ge=1, le=1_000_000_000)
    """The N-th alone."""
    every: int | None = Field(None, ge=1, le=1_000_000_000)
    """The N-th, the 2N-th and so on."""
    window: (
        tuple[
            Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)],
            Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)],
        ]
        | None
    ) = None
    """Those that come from A to B seconds after the rule came into force."""
    always: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        said = [self.first, self.nth, self.every, self.window, self.always]
        if sum(way is not None for way in said) > 1:
            raise ValueError("give one of first, nth, every, window, always")
        if self.window is not None and self.window[0] >= self.window[1]:
            raise ValueError("a window must end after it begins")
        return self

    def due(self, count: int, age_s: float) -> bool:
        """Return True if it is this request's turn.

        Args:
            count: its number among the requests that reached the rule, from 1.
            age_s: the time for which the rule has been in force.
        """
        if self.first is not None:
            return count <= self.first
        if self.nth is not None:
            return count == self.nth
        if self.every is not None:
            return count % self.every == 0
        if self.window is not None:
            return self.window[0] <= age_s < self.window[1]
        return True


class Rule(Model):
    """One line of a plan."""

    match: Match = Match()
    when: When = When()
    per: Literal["path", "trace", "key"] | None = None
    """Count for each path, trace id or idempotency key apart; None counts all together."""
    do: AnyAction
    id: str | None = Field(None, min_length=1, max_length=100)
    """Its name in a plan. The same rule in the next plan keeps its counts and its age; one without
    an id starts over."""


class RuleState(Model):
    """A rule and what came of it."""

    rule: Rule
    age_s: float
    """The time for which it has been in force."""
    matched: int
    """Requests that matched, and no earlier rule took."""
    applied: int


class PlanState(Model):
    """The plan in force."""

    rules: tuple[RuleState, ...]


class Decision(NamedTuple):
    """The rule that takes a request."""

    place: int
    """In the plan, from 0."""
    rule: Rule
    term: int
    """A number of this rule's time in force, unlike that of any other."""


class Plan:
    """Rules in force, with their counters.

    Args:
        rules: in order; the first that is due wins.
        set_s: when the plan was set; the windows of new rules count from here.
        before: the plan that it replaces.
    """

    def __init__(self, rules: tuple[Rule, ...], set_s: float, before: "Plan | None" = None) -> None:
        lines = before._lines if before is not None else []
        self._terms: Iterator[int] = before._terms if before is not None else count(1)
        kept = {line.rule.id: line for line in lines if line.rule.id is not None}
        self._lines: list[_Line] = []
        for rule in rules:
            line = kept.get(rule.id or "")
            if line is None or line.rule != rule:
                line = _Line(rule, set_s, next(self._terms))
            self._lines.append(line)

    @property
    def empty(self) -> bool:
        """True if there are no rules."""
        return not self._lines

    def decide(self, request: RequestView, now_s: float) -> Decision | None:
        """Return the rule for a request, or None; count it."""
        for place, line in enumerate(self._lines):
            if line.takes(request, now_s):
                return Decision(place, line.rule, line.term)
        return None

    def is_in_force(self, term: int) -> bool:
        """Return True if a rule is still in force since that decision."""
        return any(line.term == term for line in self._lines)

    def state(self, now_s: float) -> PlanState:
        """Return it as it is now."""
        return PlanState(rules=tuple(line.state(now_s) for line in self._lines))


class _Line:
    def __init__(self, rule: Rule, set_s: float, term: int) -> None:
        self.rule = rule
        self.term = term
        self._set_s = set_s
        self._matched = 0
        self._applied = 0
        # By hash: a path may be long.
        self._counts: OrderedDict[int, int] = OrderedDict()

    def takes(self, request: RequestView, now_s: float) -> bool:
        if not self.rule.match.covers(request):
            return False
        self._matched += 1
        due = self.rule.when.due(self._count(request), now_s - self._set_s)
        self._applied += due
        return due

    def state(self, now_s: float) -> RuleState:
        return RuleState(
            rule=self.rule,
            age_s=now_s - self._set_s,
            matched=self._matched,
            applied=self._applied,
        )

    def _count(self, request: RequestView) -> int:
        apart = {"path": request.path, "trace": request.trace_id, "key": request.key, None: None}
        key = hash(apart[self.rule.per])
        number = self._counts.pop(key, 0) + 1
        self._counts[key] = number
        if len(self._counts) > MAX_COUNTERS:
            self._counts.popitem(last=False)
        return number
