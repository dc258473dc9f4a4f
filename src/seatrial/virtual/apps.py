"""Applications loaded for one run: with an environment of their own, and with fresh modules."""

import builtins
import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from seatrial.errors import UsageError
from seatrial.simulation import SimulatedProcess, Simulation, SimulationError, process_here

_INSTALLED = ("site-packages", "dist-packages")
_HARNESS = ("seatrial", "__main__")
_REGISTRIES = ("prometheus_client", "prometheus_fastapi_instrumentator", "starlette_exporter")
"""Installed packages that refuse to register the same twice in one process."""


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
    """The modules of applications: each process has its own, as processes have.

    Those that don't belong to the process that imports are taken out of `sys.modules`, so that
    two services may have modules of one name, and one that both use is imported twice.
    """

    def __init__(self) -> None:
        """Begin with those of the harness, whose process is None."""
        self._owner: SimulatedProcess | None = None
        self._of: dict[SimulatedProcess | None, dict[str, ModuleType]] = {None: {}}
        self._folders: dict[SimulatedProcess | None, str] = {}
        self._packages = set(_REGISTRIES)
        self._shared: set[str] = set()
        """Names that were found to be nobody's own."""
        self._real: tuple[Any, Any] | None = None

    def load(
        self,
        simulation: Simulation,
        place: str,
        target: str,
        folder: Path,
        *,
        factory: bool,
        like: SimulatedProcess | None = None,
    ) -> Any:
        """Import an application, or call what makes it, in the process that runs.

        Args:
            simulation: in which it is imported.
            place: where it is configured, for messages.
            target: `module:attribute`.
            folder: where its modules are found.
            factory: the attribute makes the application.
            like: a process whose modules may stay; None imports them.

        Raises:
            UsageError: it can't be imported.
        """
        process = process_here()
        package = target.partition(":")[0].partition(".")[0]
        if package not in self._packages:
            self._packages.add(package)
            self._shared = {one for one in self._shared if one.partition(".")[0] != package}
        if like is not None:
            self._enter(like)
        self._of[process] = {} if like is None else self._of[like]
        self._folders[process] = str(folder)
        if self._real is None:
            self._replace_imports()
        self._enter(process)
        try:
            return simulation.load(target, factory=factory)
        except UsageError:
            raise
        except SimulationError as error:
            raise UsageError(f"{place}.app: {error}") from None
        except (Exception, SystemExit) as error:
            said = f"{type(error).__name__}: {error}"
            raise UsageError(f"{place}.app: {target!r} can't be loaded: {said}") from error

    def restore(self) -> None:
        """Put back what was there before."""
        self._enter(None)
        if self._real is not None:
            builtins.__import__, importlib.import_module = self._real
            self._real = None

    def _enter(self, process: SimulatedProcess | None) -> None:
        """Let a process find its own modules."""
        unknown = sys.modules.keys() - self._shared
        own = {name: sys.modules[name] for name in unknown if self._is_own(name)}
        self._shared |= unknown - own.keys()
        for name in own:
            del sys.modules[name]
        self._of[self._owner] = own
        self._packages.update(name.partition(".")[0] for name in own)
        sys.modules.update(self._of[process])
        if (folder := self._folders.get(process)) is not None:
            with suppress(ValueError):
                sys.path.remove(folder)
            sys.path.insert(0, folder)
        self._owner = process

    def _replace_imports(self) -> None:
        """Let what a function imports later be its own process's as well."""
        self._real = real_import, real_import_module = builtins.__import__, importlib.import_module

        def own_import(name: str, globals: Any = None, *args: Any, **options: Any) -> Any:  # noqa: A002
            here = process_here()
            if here is not self._owner and _package(globals) in self._packages:
                self._enter(here)
            return real_import(name, globals, *args, **options)

        def own_import_module(name: str, package: str | None = None) -> Any:
            if (here := process_here()) is not self._owner:
                self._enter(here)
            return real_import_module(name, package)

        builtins.__import__, importlib.import_module = own_import, own_import_module

    def _is_own(self, name: str) -> bool:
        """Return whether a module is a project's own, or keeps what each process has once."""
        top = name.partition(".")[0]
        if top in self._packages:
            return True
        if top in sys.stdlib_module_names or top in _HARNESS:
            return False
        module = sys.modules[name]
        places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
        return any(places) and not any(one in place for one in _INSTALLED for place in places)


def _package(globals: Mapping[str, Any] | None) -> str:  # noqa: A002 - as `__import__` names it
    """Return the package of the code that imports something."""
    return str((globals or {}).get("__name__")).partition(".")[0]
