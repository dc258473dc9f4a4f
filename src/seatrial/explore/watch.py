"""The taps of a run: each request is named, maybe hit by a fault, and written down."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from seatrial.explore.alternatives import UNANSWERED, Alternatives, PointInfo
from seatrial.explore.contracts import NOTHING_KNOWN, Contracts, KnownAnswers
from seatrial.explore.edges import TappedEdge
from seatrial.explore.fanout import BODIES_ALIKE, Telling, distinguished
from seatrial.explore.model import Fault, Plan, Point
from seatrial.explore.naming import Aliases, content_of
from seatrial.explore.store_messages import StoreCommand
from seatrial.tap import Exchange, Intercept, JournalEntry, ProviderAnswer

Reached = Callable[[Point], Plan]
"""Says at a point under which plan a run goes on that nothing was injected in so far."""


@dataclass
class SeenCall:
    """A request that a tap saw."""

    edge: TappedEdge
    point: Point
    entry: JournalEntry
    request: str
    """Its canonical content."""
    kinds: tuple[str, ...]
    content: Any = ""
    """What its consumer sent."""
    answer: bytes = b""
    of_provider: bytes | None = None
    """What its provider answered, where that was kept from its consumer."""
    planned: str | None = None
    """The kind that was to be injected."""
    retry_after_s: float = 0.0
    """How long that asks to wait."""
    known: KnownAnswers = NOTHING_KNOWN
    """What contracts say of it."""

    @property
    def injected(self) -> str | None:
        """The kind that was injected; None where it had nothing to work on."""
        return self.planned if self.entry.fault is not None else None


@dataclass
class SeenUse:
    """A use of a store that a tap saw. Times are `time.monotonic()` seconds."""

    point: Point
    kinds: tuple[str, ...]
    planned: str | None
    """The kind that was to be injected."""
    arrived_s: float
    ended_s: float | None = None
    """None while it's neither answered nor hit by a fault."""
    injected: str | None = None
    """The kind that was injected."""


class Watch:
    """What the taps saw of one run, and what they do to it."""

    def __init__(
        self,
        plan: Plan,
        aliases: Aliases,
        alternatives: Alternatives,
        contracts: Contracts,
        telling: Telling = BODIES_ALIKE,
        reached: Reached | None = None,
    ) -> None:
        """Begin a run under a plan.

        Args:
            plan: its faults.
            aliases: the run's ids.
            alternatives: the faults that points may have.
            contracts: what providers may answer.
            telling: the fields of bodies that distinguish requests.
            reached: is asked at each point under which plan the run goes on.
        """
        self.plan = plan
        self.calls: list[SeenCall] = []
        self.uses: list[SeenUse] = []
        self.aliases = aliases
        self.after: dict[Point, tuple[str, ...]] = {}
        """What may happen after the journey's own requests were answered."""
        self.struck: list[Fault] = []
        """What happened then."""
        self._reached = reached
        self._alternatives = alternatives
        self._contracts = contracts
        self._telling = telling
        self._ordinals: Counter[tuple[str, str, str]] = Counter()

    def arrived(self, edge: TappedEdge, entry: JournalEntry, body: bytes) -> Intercept | None:
        """Name a request, and return what is done to it."""
        aliases = self.aliases
        operation = aliases.operation(entry.method, entry.path)
        about = aliases.about(entry.method, entry.path, entry.query)
        content = content_of(body)
        if fields := self._telling.get((edge.name, operation, about)):
            about = distinguished(about, aliases.canonical(content), fields)
        point = self._numbered(edge.name, operation, about)
        info = PointInfo(
            edge.consumer,
            edge.provider,
            entry.method,
            edge.policy,
            self._contracts.known(edge, entry.method, entry.path),
        )
        asked = f"{operation} {about} {aliases.canonical(content)}".rstrip()
        kinds = self._alternatives.kinds(info)
        call = SeenCall(edge, point, entry, asked, kinds, content, known=info.known)
        self.calls.append(call)
        call.planned = self._planned(point)
        if call.planned is None:
            return self._alternatives.unplanned(info)
        call.retry_after_s = self._alternatives.retry_after_s(call.planned, info)
        kind, act = self._alternatives.intercept(call.planned, info)
        return Intercept(kind, lambda exchange: act(cast("Exchange", _Noting(exchange, call))))

    def used(self, edge: str, command: StoreCommand, arrived_s: float) -> SeenUse:
        """Name a use of a store, with what is to happen to it."""
        point = self._numbered(edge, *self.aliases.template(command.operation))
        use = SeenUse(point, command.kinds, self._planned(point), arrived_s)
        self.uses.append(use)
        return use

    def _numbered(self, edge: str, operation: str, about: str) -> Point:
        self._ordinals[(edge, operation, about)] += 1
        return Point(edge, operation, about, self._ordinals[(edge, operation, about)])

    def ended(self, entry: JournalEntry, answer: bytes) -> None:
        """Take what a request's consumer got."""
        call = next((one for one in self.calls if one.entry is entry), None)
        if call is None:
            return
        call.answer = answer
        if call.planned is None and answer:
            in_vain = call.known.in_vain(answer)
            call.kinds = tuple(kind for kind in call.kinds if kind not in in_vain)
        self.aliases.learn(call.point.operation, content_of(answer))

    def answered(self, point: Point, service: str, method: str) -> bool:
        """Take that the journey's own request was answered; return whether its service dies now."""
        if kinds := self._alternatives.after_answer(service, method):
            self.after[point] = kinds
        if (kind := self._planned(point)) not in kinds:
            return False
        self.struck.append(Fault(point, str(kind)))
        return True

    def walked(self) -> Plan:
        """Take that the journey has ended; return the plan that the run has now, and keeps."""
        self._reached = None
        return self.plan

    def _planned(self, point: Point) -> str | None:
        """Return the kind that is to be injected at a point where the run is now."""
        if self._reached is not None:
            self.plan = self._reached(point)
        return next((fault.kind for fault in self.plan if fault.point == point), None)

    @property
    def injected(self) -> tuple[Fault, ...]:
        """The faults that have been injected."""
        found = [(call.point, call.injected) for call in self.calls]
        found += [(use.point, use.injected) for use in self.uses]
        hit = (Fault(point, kind) for point, kind in found if kind is not None)
        return (*hit, *self.struck)

    @property
    def under_way(self) -> int:
        """The number of requests and of uses that haven't ended."""
        pending = sum(call.entry.pending for call in self.calls)
        return pending + sum(use.ended_s is None for use in self.uses)

    def answer(self, call: SeenCall) -> str:
        """Return the signature of what a consumer got."""
        entry = call.entry
        if call.injected in UNANSWERED:
            return "none"
        if call.injected == "half-body" or entry.answered_s is None:
            return "none" if entry.status is None else f"{entry.status}, and half a body"
        return f"{entry.status} {self.aliases.canonical(content_of(call.answer))}".rstrip()


class _Noting:
    """An exchange that notes what the provider answers to its call."""

    def __init__(self, exchange: Exchange, call: SeenCall) -> None:
        self._exchange, self._call = exchange, call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    async def fetch(self) -> ProviderAnswer:
        answer = await self._exchange.fetch()
        self._call.of_provider = answer.body
        return answer


class EdgeWatch:
    """The interceptor of one edge's tap; between runs it lets everything pass."""

    def __init__(self, edge: TappedEdge) -> None:
        """Take the edge."""
        self.edge = edge
        self.watch: Watch | None = None

    def arrived(self, entry: JournalEntry, body: bytes) -> Intercept | None:
        """Let the run's watch decide."""
        return None if self.watch is None else self.watch.arrived(self.edge, entry, body)

    def ended(self, entry: JournalEntry, answer: bytes) -> None:
        """Let the run's watch take it."""
        if self.watch is not None:
            self.watch.ended(entry, answer)
