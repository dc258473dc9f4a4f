"""A scenario: a story, the promises that it puts to the test, and where it is found."""

import importlib.util
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import seatrial
from seatrial.checks import WireCheck
from seatrial.config import Policy
from seatrial.errors import UsageError
from seatrial.scenarios.edge import LiveEdge
from seatrial.testbed import Testbed

ScenarioFunction = Callable[[LiveEdge], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """A story that is told to an edge; the checks then judge what was seen."""

    name: str
    run: ScenarioFunction
    checks: tuple[WireCheck, ...]
    requires: tuple[str, ...]
    """What a policy must declare, or else the story has no point: "retry", "cache.ttl_s"."""
    parts: tuple[str, ...]
    """What the system must have: "redis", "change" (of an entity), "post"; see `Testbed.lacks`."""
    tags: tuple[str, ...]
    entities: int
    """How many entities the story asks for, at most."""
    own_entities: bool
    """It changes or removes them, so that no other story may ask for the same."""
    reusable: bool
    """It leaves a right consumer as it found it, so that another story may be told to it next."""
    exclusive: bool
    """It does something to a process that other stories share, so that none is told meanwhile."""

    @property
    def title(self) -> str:
        """The story in one line: the first of its docstring."""
        return (self.run.__doc__ or self.name).strip().splitlines()[0]

    def undeclared(self, policy: Policy) -> list[str]:
        """Return what it requires and the policy doesn't declare."""
        return [part for part in self.requires if not _declared(policy, part)]

    def lacks(self, testbed: Testbed) -> list[str]:
        """Return, in words, what it requires and this edge doesn't declare or doesn't have."""
        undeclared = self.undeclared(testbed.edge.policy)
        policy = [f"edges.{testbed.name}.policy.{name}" for name in undeclared]
        return policy + testbed.lacks(self.parts)


def _declared(policy: Policy, name: str) -> bool:
    value: object = policy
    for part in name.split("."):
        value = getattr(value, part, None)
    return value is not None and value is not False


def scenario(
    *,
    checks: Sequence[WireCheck],
    requires: Sequence[str] = (),
    parts: Sequence[str] = (),
    tags: Sequence[str] = (),
    entities: int = 60,
    own_entities: bool = False,
    reusable: bool = False,
    exclusive: bool = False,
) -> Callable[[ScenarioFunction], Scenario]:
    """Make a scenario of an async function; it is called by the function's name.

    Args:
        checks: judge what was seen, in this order.
        requires: what a policy must declare for the story to have a point.
        parts: what the system must have.
        tags: names of the groups that it belongs to; "run" is told by `seatrial run`.
        entities: how many entities the story asks for, at most.
        own_entities: whether it changes or removes them.
        reusable: whether it leaves a right consumer with its breaker closed and its budget full.
        exclusive: whether no other story may be told meanwhile.
    """

    def wrap(run: ScenarioFunction) -> Scenario:
        name = getattr(run, "__name__", "scenario")
        return Scenario(
            name,
            run,
            tuple(checks),
            tuple(requires),
            tuple(parts),
            tuple(tags),
            entities,
            own_entities,
            reusable,
            exclusive,
        )

    return wrap


_TESTS = ("test_", "conftest")
"""How files begin that pytest reads, and that hold no scenarios."""


def shipped_folder() -> Path:
    """Where the scenarios are that come with the package, or in its checkout."""
    package = Path(seatrial.__file__).parent
    shipped = package / "shipped" / "chaos"
    return shipped if shipped.is_dir() else package.parents[1] / "chaos"


def usable_scenarios(project: Path) -> dict[str, Scenario]:
    """Those that come with the package, and a project's own in its chaos/, by name.

    A project's own takes the place of a shipped one with its name.

    Raises:
        UsageError: a file can't be imported, or two of a folder share a name.
    """
    shipped, own = shipped_folder(), project / "chaos"
    found = load_scenarios(shipped)
    if own.is_dir() and own.resolve() != shipped.resolve():
        found |= load_scenarios(own)
    return dict(sorted(found.items()))


def load_scenarios(folder: Path) -> dict[str, Scenario]:
    """All scenarios in the Python files of a folder, by name.

    Raises:
        UsageError: there is no such folder, a file in it can't be imported, or two share a name.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; scenarios are files in chaos/")
    found: dict[str, Scenario] = {}
    for path in sorted(folder.glob("*.py")):
        if path.name.startswith(_TESTS):
            continue
        for scenario in _scenarios_in(path):
            if scenario.name in found:
                raise UsageError(f"{path}: a scenario {scenario.name!r} exists already; rename one")
            found[scenario.name] = scenario
    return found


def _scenarios_in(path: Path) -> list[Scenario]:
    spec = importlib.util.spec_from_file_location(f"seatrial_chaos_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{path}: can't be imported: {type(error).__name__}: {error}") from error
    return [value for value in vars(module).values() if isinstance(value, Scenario)]
