"""A scenario: a story, the promises that it puts to the test, and where it is found."""

import importlib.util
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seatrial.checks import WireCheck
from seatrial.config import Policy
from seatrial.errors import UsageError
from seatrial.scenarios.edge import LiveEdge

Story = Callable[[LiveEdge], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """A story that is told to an edge; the checks then judge what was seen."""

    name: str
    tell: Story
    checks: tuple[WireCheck, ...]
    needs: tuple[Literal["retry", "breaker", "cache"], ...]
    """The parts of a policy without which the story has no point."""
    tags: tuple[str, ...]
    entities: int
    """How many entities the story asks for, at most."""

    @property
    def title(self) -> str:
        """The story in one line: the first of its docstring."""
        return (self.tell.__doc__ or self.name).strip().splitlines()[0]

    def lacks(self, policy: Policy) -> list[str]:
        """What it needs and the policy doesn't declare."""
        return [part for part in self.needs if getattr(policy, part) is None]


def scenario(
    *,
    checks: Sequence[WireCheck],
    needs: Sequence[Literal["retry", "breaker", "cache"]] = (),
    tags: Sequence[str] = (),
    entities: int = 100,
) -> Callable[[Story], Scenario]:
    """Make a scenario of an async function; it is called by the function's name."""

    def wrap(tell: Story) -> Scenario:
        name = getattr(tell, "__name__", "scenario")
        return Scenario(name, tell, tuple(checks), tuple(needs), tuple(tags), entities)

    return wrap


def load_scenarios(folder: Path) -> dict[str, Scenario]:
    """All scenarios in the Python files of a folder, by name.

    Raises:
        UsageError: there is no such folder, a file in it can't be imported, or two share a name.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; scenarios are files in chaos/")
    found: dict[str, Scenario] = {}
    for path in sorted(folder.glob("*.py")):
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
