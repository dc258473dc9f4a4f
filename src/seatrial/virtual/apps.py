"""Applications loaded for one run: with an environment of their own, and with fresh modules."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from seatrial.errors import UsageError
from seatrial.simulation import Simulation, SimulationError

_INSTALLED = {"site-packages", "dist-packages"}
_HARNESS = "seatrial"


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the time of a block."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Modules:
    """The modules of applications: whoever has no factory is imported again for each run."""

    def __init__(self) -> None:
        """Begin with none of them taken away."""
        self._taken: dict[str, ModuleType] = {}
        self._own: set[str] = set()

    def load(
        self,
        simulation: Simulation,
        place: str,
        target: str,
        folder: Path,
        *,
        factory: bool,
        again: bool = False,
    ) -> Any:
        """Import an application, or call what makes it.

        Args:
            simulation: in which it is imported.
            place: where it is configured, for messages.
            target: `module:attribute`.
            folder: where its modules are found.
            factory: the attribute makes the application, so that its modules may stay.
            again: import them again all the same, since the process was killed.

        Raises:
            UsageError: it can't be imported.
        """
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        fresh = again or not factory
        if fresh:
            self._take_away(target.partition(":")[0].partition(".")[0], folder)
        known = set(sys.modules)
        try:
            return simulation.load(target, factory=factory)
        except UsageError:
            raise
        except SimulationError as error:
            raise UsageError(f"{place}.app: {error}") from None
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise UsageError(f"{place}.app: {target!r} can't be loaded: {said}") from error
        finally:
            if fresh:
                self._own |= set(sys.modules) - known

    def _take_away(self, package: str, folder: Path) -> None:
        """Let the modules of an application be imported again: those in its folder."""
        for name, module in tuple(sys.modules.items()):
            if name.partition(".")[0] == package or _is_in(module, folder):
                if name not in self._own:
                    self._taken.setdefault(name, module)
                del sys.modules[name]

    def restore(self) -> None:
        """Put back what was there before."""
        for name in self._own:
            sys.modules.pop(name, None)
        self._own.clear()
        sys.modules.update(self._taken)
        self._taken.clear()


def _is_in(module: ModuleType, folder: Path) -> bool:
    """Return whether a module is a project's own, and neither installed nor part of the harness."""
    file = getattr(module, "__file__", None)
    if file is None or module.__name__.partition(".")[0] in (_HARNESS, "__main__"):
        return False
    path = Path(file)
    return path.is_relative_to(folder) and _INSTALLED.isdisjoint(path.parts)
