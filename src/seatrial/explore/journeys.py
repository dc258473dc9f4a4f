"""What a team writes: journeys through the system, and invariants that hold after each."""

import importlib.util
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from seatrial.errors import UsageError

if TYPE_CHECKING:
    from seatrial.explore.system import System

JOURNEYS = Path("chaos/journeys")
INVARIANTS = Path("chaos/invariants.py")

T = TypeVar("T")
Code = Callable[["System"], Awaitable[Any]]


@dataclass(frozen=True)
class Journey:
    """A way through the system, as somebody outside would take it."""

    name: str
    run: Code
    explanation: str = ""


@dataclass(frozen=True)
class Invariant:
    """Something that holds after every run; it raises AssertionError where it doesn't."""

    name: str
    check: Code
    explanation: str = ""
    services: tuple[str, ...] | None = None
    """Those whose states it compares; None: any."""


def journey(code: Code) -> Journey:
    """Make a journey of `async def name(system)`, in a file of chaos/journeys."""
    return Journey(*_described(code, "journey"))


@overload
def invariant(asked: Code, /) -> Invariant: ...
@overload
def invariant(*asked: str) -> Callable[[Code], Invariant]: ...
def invariant(*asked: Any) -> Any:
    """Make an invariant of `async def name(system)`, in chaos/invariants.py.

    It is asked after each run, and again once the system has recovered. `@invariant("payments",
    "shop")` names all services that it asks: more sets of faults needn't be run then, and it can
    ask no others.
    """
    if asked and callable(asked[0]):
        return Invariant(*_described(asked[0], "invariant"))

    def made(code: Code) -> Invariant:
        return Invariant(*_described(code, "invariant"), services=asked or None)

    return made


def groups_of(invariants: Sequence[Invariant]) -> list[tuple[str, ...]] | None:
    """Return which services' states are compared with each other; None: maybe all."""
    named = [one.services for one in invariants if one.services is not None]
    return named if named and len(named) == len(invariants) else None


def _described(code: Code, kind: str) -> tuple[str, Code, str]:
    name = getattr(code, "__name__", "")
    if not inspect.iscoroutinefunction(code) or len(inspect.signature(code).parameters) != 1:
        raise UsageError(f"@{kind} takes a coroutine: async def {name or 'name'}(system)")
    return name, code, (inspect.getdoc(code) or "").partition("\n")[0]


def edge_journey(edge: str) -> Journey:
    """Return the journey that an edge declares: its trigger, about an entity made for it."""

    async def trigger(system: "System") -> None:
        await system.trigger(edge)

    return Journey(edge, trigger, f"the trigger of the edge {edge}")


def usable_journeys(folder: Path, edges: Mapping[str, object]) -> dict[str, Journey]:
    """Return a project's journeys and those of its edges, by name.

    Args:
        folder: of the configuration file.
        edges: those that declare a trigger.

    Raises:
        UsageError: a file can't be imported, or two journeys share a name.
    """
    found: dict[str, Journey] = {}
    for path in sorted((folder / JOURNEYS).glob("*.py")):
        for one in _things(path, Journey):
            if one.name in found:
                raise UsageError(f"{path}: a journey {one.name!r} exists already; rename one")
            found[one.name] = one
    return {**{name: edge_journey(name) for name in edges}, **found}


def usable_invariants(folder: Path) -> tuple[Invariant, ...]:
    """Return a project's invariants.

    Raises:
        UsageError: their file can't be imported.
    """
    path = folder / INVARIANTS
    return tuple(_things(path, Invariant)) if path.is_file() else ()


def _things(path: Path, kind: type[T]) -> list[T]:
    spec = importlib.util.spec_from_file_location(f"seatrial_explored_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{path}: can't be imported: {type(error).__name__}: {error}") from error
    return [value for value in vars(module).values() if isinstance(value, kind)]
