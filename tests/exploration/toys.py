"""Toy systems in one process: services that call each other, under a plan of faults."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from seatrial.explore import JOURNEY, Call, Fault, Observation, Plan, Point, Violation
from seatrial.explore.parents import with_recovery

KINDS = ("slow-under", "status-503", "refused", "answer-lost", "slow-over")
"""The mildest first."""
_INSTEAD = {
    "status-404": "404",
    "status-500": "500",
    "status-502": "502",
    "status-503": "503",
    "refused": "refused",
}
_AFTERWARDS = {"answer-lost": "refused", "kill-consumer": "refused", "slow-over": "timeout"}
FAILED = frozenset({"500", "502", "503", "refused", "timeout"})
_TAKES_S = {"slow-under": 0.9, "slow-over": 1.0}


class _KilledError(Exception):
    pass


@dataclass
class World:
    """One run: what is where, and what was seen."""

    plan: Mapping[Point, str]
    system: "System"
    state: dict[str, Counter[str]] = field(default_factory=dict)
    """What each service remembers."""
    seconds: float = 0.0
    calls: list[Call] = field(default_factory=list)
    ordinals: Counter[tuple[str, str]] = field(default_factory=Counter)
    injected: set[Fault] = field(default_factory=set)
    uses: list[Point] = field(default_factory=list)

    def call(self, consumer: str, parent: int | None, to: str, operation: str) -> str:
        """Send a request, and return what comes back."""
        edge = f"{consumer}-{to}"
        self.ordinals[edge, operation] += 1
        point = Point(edge, operation, ordinal=self.ordinals[edge, operation])
        kind = None if consumer == JOURNEY else self.plan.get(point)
        index = len(self.calls)
        self.calls.append(Call(point, consumer, to, parent, operation, "", kind))
        if kind is not None:
            self.injected.add(Fault(point, kind))
        if kind in _INSTEAD:
            answer = _INSTEAD[kind]
        else:
            try:
                answer = self.system.services[to](Caller(self, to, index), operation)
            except _KilledError:
                self.state.pop(to, None)
                answer = "refused"
            answer = _AFTERWARDS.get(kind or "", answer)
        self.seconds += _TAKES_S.get(kind or "", 0.0)
        self.calls[index] = replace(self.calls[index], answer=answer)
        if kind == "kill-consumer":
            raise _KilledError
        return answer


@dataclass(frozen=True)
class Caller:
    """A service at work on one request; or the journey."""

    world: World
    service: str
    index: int | None

    def send(self, method: str, to: str, path: str = "/") -> str:
        """Send a request, and return what comes back."""
        return self.world.call(self.service, self.index, to, f"{method} {path}")

    def get(self, to: str, path: str = "/") -> str:
        """Ask for something."""
        return self.send("GET", to, path)

    def post(self, to: str, path: str = "/") -> str:
        """Change something."""
        return self.send("POST", to, path)

    def use(self, operation: str) -> bool:
        """Use the service's store, and return whether it worked."""
        world, edge = self.world, f"database:{self.service}"
        world.ordinals[edge, operation] += 1
        point = Point(edge, operation, ordinal=world.ordinals[edge, operation])
        world.uses.append(point)
        if (kind := world.plan.get(point)) is not None:
            world.injected.add(Fault(point, kind))
        return kind is None

    @property
    def state(self) -> Counter[str]:
        """What the service remembers from the run's earlier requests."""
        return self.world.state.setdefault(self.service, Counter())


Handler = Callable[[Caller, str], str]
Invariants = Mapping[str, Callable[[World, list[str]], bool]]
"""By name: whether it holds, given what is where now, and what the journey was answered."""


@dataclass(frozen=True)
class System:
    """Services, a journey through them, and what must hold."""

    name: str
    services: Mapping[str, Handler]
    journey: Callable[[Caller], list[str]]
    invariants: Invariants
    kinds: tuple[str, ...] = KINDS
    recovers: bool = True
    """Whether a run ends with the journey once more, without faults."""

    def __call__(self, plan: Plan) -> Observation:
        """Run the journey under a plan."""
        world = World({one.point: one.kind for one in plan}, self)
        answers = self.journey(Caller(world, JOURNEY, None))
        seen = Observation(
            self.name,
            plan,
            frozenset(world.injected),
            calls=tuple(world.calls),
            answers=tuple(answers),
            alternatives={one.point: self.kinds for one in world.calls if one.consumer != JOURNEY}
            | dict.fromkeys(world.uses, ("reset",)),
            broke=tuple(
                Violation(name, f"answered {answers}")
                for name, holds in self.invariants.items()
                if not holds(world, answers)
            ),
        )
        if not self.recovers:
            return seen
        afterwards = World({}, self, world.state)
        self.journey(Caller(afterwards, JOURNEY, None))
        return replace(seen, calls=with_recovery(seen.calls, tuple(afterwards.calls)))
