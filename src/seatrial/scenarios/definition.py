"""A scenario: calls in phases while faults hit the wire, and the promises that this tests."""

import difflib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from seatrial.checks import ScenarioPhase, WireCheck, flattened
from seatrial.config import DeclaredPolicy, field_paths
from seatrial.errors import UsageError
from seatrial.scenarios.edge import LiveEdge
from seatrial.testbed import EdgeFeature, Testbed
from seatrial.wires import FaultTarget

_FEW = 10
"""Failures that open a breaker, or its probes."""
ScenarioFunction = Callable[[LiveEdge], Awaitable[None]]
Requirement = str | EdgeFeature | FaultTarget
"""A part of the policy by its path ("retry", "cache.ttl_s"), or something of the edge."""


@dataclass(frozen=True)
class Scenario:
    """What is done to an edge; the checks then judge what was seen."""

    name: str
    run: ScenarioFunction
    checks: tuple[WireCheck, ...] = ()
    phases: frozenset[ScenarioPhase] = frozenset()
    """Those that it may enter."""
    requires: tuple[Requirement, ...] = ()
    """What an edge must declare or have, or else the scenario has no point."""
    tags: tuple[str, ...] = ()
    entities: int = 60
    """How many entities it asks for, at most; more where many failures open the breaker."""
    own_entities: bool = False
    """It changes or removes them, so that no other scenario may ask for the same."""
    exclusive: bool = False
    """It does something to a process that other scenarios share, so that none runs meanwhile."""
    few_entries: bool = False
    """Its consumer keeps a few entries alone, where the policy names what sets their bound."""

    def __post_init__(self) -> None:
        """Refuse what can't fit together.

        Raises:
            UsageError: it requires what no policy has, or a check needs a phase that it never
                enters.
        """
        problems = [*_unknown_parts(self.requires), *_missing_phases(self.checks, self.phases)]
        if problems:
            raise UsageError("\n".join(f"the scenario {self.name}: {each}" for each in problems))

    @property
    def title(self) -> str:
        """The scenario in one line: the first of its docstring."""
        return (self.run.__doc__ or self.name).strip().splitlines()[0]

    @property
    def targets(self) -> frozenset[FaultTarget]:
        """What its faults may hit besides the way to the provider."""
        return frozenset(one for one in self.requires if isinstance(one, FaultTarget))

    def entities_for(self, policy: DeclaredPolicy) -> int:
        """Return how many entities it asks for where this is declared, at most.

        Its own number is enough for a breaker that a few failures open, and of a few probes.
        """
        probes = policy.breaker.probes if policy.breaker else None
        return self.entities * ceil(max(policy.calls_to_open or 1, probes or 1) / _FEW)

    def undeclared(self, policy: DeclaredPolicy) -> list[str]:
        """Return what it requires and the policy doesn't declare."""
        return [path for path in _paths(self.requires) if not _declared(policy, path)]

    def lacks(self, testbed: Testbed) -> list[str]:
        """Return, in words, what it requires and this edge doesn't declare or doesn't have."""
        undeclared = self.undeclared(testbed.edge.policy)
        policy = [f"edges.{testbed.name}.policy.{name}" for name in undeclared]
        others = [one for one in self.requires if isinstance(one, EdgeFeature | FaultTarget)]
        return policy + testbed.lacks(others)


def _paths(requires: Iterable[Requirement]) -> list[str]:
    """Return those that are paths of a policy; a target is a text too."""
    return [one for one in requires if isinstance(one, str) and not isinstance(one, FaultTarget)]


def _unknown_parts(requires: Iterable[Requirement]) -> Iterable[str]:
    known = field_paths(DeclaredPolicy)
    for path in _paths(requires):
        if path not in known:
            near = difflib.get_close_matches(path, known, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(known)}"
            yield f"it requires {path!r}, which no policy can declare; {fix}"


def _missing_phases(
    checks: Iterable[WireCheck], entered: frozenset[ScenarioPhase]
) -> Iterable[str]:
    for check in checks:
        for reader, need in check.lacks(entered):
            names = " or ".join(sorted(phase.name for phase in flattened((need,))))
            through = "" if reader is check else f", on which {check.id} depends,"
            yield (
                f"the check {reader.id}{through} needs the phase {names}, which it never enters; "
                "name it in phases=[…] and make calls in it, or leave the check out"
            )


def _declared(policy: DeclaredPolicy, path: str) -> bool:
    value: object = policy
    for part in path.split("."):
        value = getattr(value, part, None)
    return value is not None and value is not False


def scenario(
    *,
    checks: Sequence[WireCheck],
    phases: Sequence[ScenarioPhase],
    requires: Sequence[Requirement] = (),
    tags: Sequence[str] = (),
    entities: int = 60,
    own_entities: bool = False,
    exclusive: bool = False,
    few_entries: bool = False,
) -> Callable[[ScenarioFunction], Scenario]:
    """Make a scenario of an async function; it is called by the function's name.

    Args:
        checks: judge what was seen, in this order.
        phases: those that it may enter; to make a call in another one is an error.
        requires: what an edge must declare or have: paths of its policy ("retry", "cache.ttl_s"),
            an `EdgeFeature`, and each `FaultTarget` that its faults hit.
        tags: names of the groups that it belongs to; `seatrial run` runs those tagged "run".
        entities: how many entities it asks for, at most.
        own_entities: it changes or removes them.
        exclusive: no other scenario may run meanwhile.
        few_entries: the consumer's cache is bounded to a few entries, where the policy names what
            sets its bound.

    Raises:
        UsageError: it requires what no policy has, or a check needs a phase that isn't named.
    """

    def wrap(run: ScenarioFunction) -> Scenario:
        return Scenario(
            getattr(run, "__name__", "scenario"),
            run,
            tuple(checks),
            frozenset(phases),
            tuple(requires),
            tuple(tags),
            entities,
            own_entities,
            exclusive,
            few_entries,
        )

    return wrap
