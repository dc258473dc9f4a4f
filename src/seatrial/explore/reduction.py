"""Predict a run from what each service did in other runs, and say which runs showed it already.

A service is a function of its *history* in a run: the requests it got, and the answers to its own.
Executed runs teach a tree of histories for each service; a prediction walks all trees at once. It
ends either whole, or at the first history that nobody has seen: then the plan must run.
docs/adr/0012-why-reduction-is-sound.md says for which invariants nothing is lost.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from seatrial.explore.kinds import SAFE, delays, ends_consumer, kills, reaches_provider
from seatrial.explore.model import JOURNEY, Call, Fault, Observation, Plan, Point


@dataclass(frozen=True, slots=True)
class _Sent:
    """A service's next step: it sends a request."""

    point: Point
    consumer: str
    provider: str
    request: str
    recovery: bool = False
    """Of the journey: it begins again, and no plan has faults from here on."""


@dataclass(frozen=True, slots=True)
class _Answered:
    """A service's next step: it answers. The journey's answers end the run."""

    answer: str


@dataclass(frozen=True, slots=True)
class _Got:
    """An answer, and the faults beneath it that take time: with others these may be too much."""

    answer: str
    delays: tuple[str, ...] = ()
    ended: bool = False
    """Whoever asked was killed then: it goes on with nothing."""


class _History:
    """A service after all that it got so far in a run: a node of its tree."""

    __slots__ = ("ended_in", "name", "next", "step", "unclear")

    def __init__(self, name: bytes) -> None:
        self.name = name
        """The same in every process."""
        self.next: dict[Hashable, _History] = {}
        """By what it gets next."""
        self.step: _Sent | _Answered | None = None
        """What the service does before it gets anything else."""
        self.unclear = False
        """Two runs differ after the same history: the service isn't deterministic."""
        self.ended_in: int | None = None
        """The first good run that ended with this history."""

    def after(self, what: Hashable) -> "_History":
        """Return the history with one thing more, a new one if nobody has seen it."""
        if what not in self.next:
            self.next[what] = _History(_name(self.name, what))
        return self.next[what]


def _name(before: bytes, what: Hashable) -> bytes:
    return blake2b(before + repr(what).encode(), digest_size=12).digest()


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a plan's run would show that no good run has."""

    service: str
    """Where it shows first."""
    key: str | None
    """Two plans with the same key would show the same; None where nothing can be said, because
    the service isn't deterministic."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A run that is composed of histories seen in others."""

    points: tuple[Point, ...]
    """The points that it reaches: requests in order, then what else the runs had that showed it."""
    injected: Plan
    seen_in: tuple[int, ...]
    """The good runs that showed its histories."""


@dataclass(slots=True)
class _Walk:
    """A run being learned or composed."""

    plan: Plan
    others: tuple[Fault, ...]
    """Its faults at what isn't a request: they may touch every service."""
    kinds: dict[Point, str] = field(default_factory=dict)
    at: dict[str, _History] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    injected: list[Fault] = field(default_factory=list)
    stateful: set[str] = field(default_factory=set)
    """Services that got an unsafe request."""
    recovering: bool = False


class _UnseenError(Exception):
    def __init__(self, service: str, key: str | None) -> None:
        self.unseen = Unseen(service, key)


class _Tree:
    """The calls of an observation, by the call during which they were sent."""

    def __init__(self, observation: Observation) -> None:
        self.calls = observation.calls
        self.children: dict[int | None, list[int]] = {}
        for index, call in enumerate(self.calls):
            self.children.setdefault(call.parent, []).append(index)

    def beneath(self, index: int | None) -> Sequence[int]:
        return self.children.get(index, ())

    def delays(self, index: int) -> list[str]:
        fault = self.calls[index].fault
        own = [fault] if fault and delays(fault) else []
        return own + [kind for one in self.beneath(index) for kind in self.delays(one)]


class Behaviours:
    """What each service did after each history, learned from executed runs."""

    def __init__(self, groups: Iterable[Collection[str]] | None = None) -> None:
        """Return an empty one.

        Args:
            groups: Services whose states an invariant compares with each other and with what the
                journey was answered. None: all that got an unsafe request, together.
        """
        self._groups = None if groups is None else [frozenset(one) for one in groups]
        self._roots: dict[tuple[str, tuple[Fault, ...]], _History] = {}
        self._answers: dict[Hashable, str | None] = {}
        """What a consumer gets for a request that the tap answers; None: now this, now that."""
        self._together: dict[Hashable, int] = {}
        """The first good run that ended with these histories of a group."""
        self._cut: dict[str, set[Fault]] = {}
        """By service: kills that ended other requests of it than their own."""
        self._uses: dict[int, tuple[Point, ...]] = {}
        """By run: its points that are no requests."""
        self._reaching: set[str] = set()
        """Kinds after which a provider was seen to work."""
        self.unclear: set[str] = set()
        """Services that did something else after the same history: nothing is reduced there."""

    # --- learning

    def learn(self, run: int, observation: Observation) -> None:
        """Add what a run showed; one that broke a promise doesn't vouch for others."""
        tree = _Tree(observation)
        for call in tree.calls:
            if call.parent is not None and (kind := tree.calls[call.parent].fault):
                self._reaching.add(kind)
            if call.answer == "none" and call.fault is None:
                killed = {one for one in observation.injected if kills(one.kind)}
                self._cut.setdefault(call.provider, set()).update(killed)
        walk = self._walk(observation.injected)
        self._learn_calls(walk, JOURNEY, tree, None)
        self._do(walk, JOURNEY, _Answered("\n".join(observation.answers)))
        if observation.broke:
            return
        self._uses[run] = tuple(one for one in observation.alternatives if not one.is_request)
        for history in walk.at.values():
            if history.ended_in is None:
                history.ended_in = run
        for key in self._joint(walk):
            self._together.setdefault(key, run)

    def _learn_calls(self, walk: _Walk, service: str, tree: _Tree, parent: int | None) -> None:
        """Learn what a service sent during one request, and what it got."""
        waiting = list(tree.beneath(parent))
        while waiting:
            index = _as_known(self._at(walk, service), tree.calls, waiting)
            waiting.remove(index)
            call = tree.calls[index]
            begins_again = service == JOURNEY and call.recovery
            sent = _Sent(call.point, call.consumer, call.provider, call.request, begins_again)
            self._do(walk, service, sent)
            got = self._learn_call(walk, tree, index)
            for each, what in _receivers(service, sent, got):
                walk.at[each] = self._at(walk, each).after(what)

    def _learn_call(self, walk: _Walk, tree: _Tree, index: int) -> _Got:
        call = tree.calls[index]
        got = _Got(call.answer, tuple(sorted(tree.delays(index))), ends_consumer(call.fault))
        if call.fault and not self._reaches(call.fault):
            key = (call.provider, call.point.operation, call.request, call.fault)
            if self._answers.setdefault(key, call.answer) != call.answer:
                self._answers[key] = None
                self.unclear.add(call.provider)
            return got
        _note_state(walk, call.provider, call.point.operation)
        what = (call.point.operation, call.request, call.fault)
        walk.at[call.provider] = self._at(walk, call.provider).after(what)
        self._learn_calls(walk, call.provider, tree, index)
        self._do(walk, call.provider, _Answered(call.answer))
        return got

    def _do(self, walk: _Walk, service: str, step: _Sent | _Answered) -> None:
        history = self._at(walk, service)
        if history.step is None:
            history.step = step
        elif history.step != step:
            history.unclear = True
            self.unclear.add(service)

    # --- predicting

    def predict(self, plan: Plan) -> Prediction | Unseen:
        """Compose the run of a plan, or say where it leaves what was seen."""
        walk = self._walk(plan)
        try:
            self._compose(walk, JOURNEY)
        except _UnseenError as error:
            return error.unseen
        runs = [history.ended_in for history in walk.at.values()]
        runs += [self._together.get(key) for key in self._joint(walk)]
        seen_in = {run for run in runs if run is not None}
        if None in runs:  # all that it shows is known, but not from a good run
            names = sorted((service, history.name) for service, history in walk.at.items())
            return Unseen(JOURNEY, _name(b"", tuple(names)).hex())
        # A service uses its stores as it did after the same history.
        uses = (use for run in sorted(seen_in) for use in self._uses[run])
        points = tuple(dict.fromkeys((*walk.points, *uses)))
        injected = frozenset((*walk.injected, *walk.others))
        return Prediction(points, injected, tuple(sorted(seen_in)))

    def _compose(self, walk: _Walk, service: str) -> str:
        """Follow a service until it answers."""
        while True:
            history = self._at(walk, service)
            if history.unclear or history.step is None:
                raise _UnseenError(service, None if history.unclear else history.name.hex())
            if isinstance(history.step, _Answered):
                return history.step.answer
            walk.recovering |= history.step.recovery
            got = self._compose_call(walk, history.step)
            for each, what in _receivers(service, history.step, got):
                self._follow(walk, each, what)

    def _compose_call(self, walk: _Walk, sent: _Sent) -> _Got:
        kind = None
        if not walk.recovering:
            walk.points.append(sent.point)
            kind = walk.kinds.get(sent.point)
        before = len(walk.injected)
        if kind:
            walk.injected.append(Fault(sent.point, kind))
        if kind and not self._reaches(kind):
            key = (sent.provider, sent.point.operation, sent.request, kind)
            if (answer := self._answers.get(key)) is None:
                known = key in self._answers
                raise _UnseenError(sent.provider, None if known else _name(b"", key).hex())
        else:
            _note_state(walk, sent.provider, sent.point.operation)
            self._follow(walk, sent.provider, (sent.point.operation, sent.request, kind))
            answer = self._compose(walk, sent.provider)
        took = (one.kind for one in walk.injected[before:] if delays(one.kind))
        return _Got(answer, tuple(sorted(took)), ends_consumer(kind))

    def _follow(self, walk: _Walk, service: str, what: Hashable) -> None:
        history = self._at(walk, service)
        if what not in history.next:
            raise _UnseenError(service, _name(history.name, what).hex())
        walk.at[service] = history.next[what]

    # --- both

    def _walk(self, plan: Plan) -> _Walk:
        return _Walk(plan, self._others(plan), {one.point: one.kind for one in plan})

    def _others(self, plan: Plan) -> tuple[Fault, ...]:
        return tuple(sorted(one for one in plan if not one.point.is_request))

    def _at(self, walk: _Walk, service: str) -> _History:
        if service not in walk.at:
            cut = sorted(walk.plan & self._cut.get(service, set()))
            root = (service, (*walk.others, *cut))
            if root not in self._roots:
                self._roots[root] = _History(_name(b"", root))
            walk.at[service] = self._roots[root]
        return walk.at[service]

    def _reaches(self, kind: str) -> bool:
        return kind in self._reaching or reaches_provider(kind)

    def _joint(self, walk: _Walk) -> list[Hashable]:
        """Return what must have been seen together: a key for each group of services."""
        groups = [walk.stateful] if self._groups is None else self._groups
        return [
            (
                walk.at[JOURNEY].name,
                *((one, walk.at[one].name) for one in sorted(group) if one in walk.at),
            )
            for group in groups
        ]


def _as_known(history: _History, calls: Sequence[Call], waiting: Sequence[int]) -> int:
    """Return the waiting call that an earlier run had next: the order of a fan-out is chance."""
    if isinstance(known := history.step, _Sent):
        for index in waiting:
            if calls[index].point == known.point:
                return index
    return waiting[0]


def _receivers(service: str, sent: _Sent, got: _Got) -> list[tuple[str, Hashable]]:
    """Return who learns of an answer; a request sent in the background hangs on the journey."""
    if service == JOURNEY != sent.consumer:
        return [(service, got), (sent.consumer, (sent, got))]
    return [(service, got)]


def _note_state(walk: _Walk, provider: str, operation: str) -> None:
    if operation.split(" ", 1)[0] not in SAFE:
        walk.stateful.add(provider)
