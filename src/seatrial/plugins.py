"""Modules of a user that register faults, HTTP actions, toxics, checks and limits of their own.

They are named in seatrial.toml, `plugins = ["our_faults"]`, and found in the folder of that file or
among the installed packages; an installed package may also name itself with an entry point of the
group `seatrial.plugins`. Actions run in the tap's process and toxics in the embedded engine's, so
these processes import the same modules: see `arguments`.
"""

import importlib
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path

from seatrial.errors import UsageError

GROUP = "seatrial.plugins"
_loaded: dict[str, Path | None] = {}
"""The folder in which each was looked for."""


def load_plugins(names: Iterable[str], folder: Path | None = None) -> None:
    """Import the plugins that these names and the installed packages' entry points say.

    Args:
        names: of modules, or as `arguments` gives them.
        folder: where modules are found that aren't installed.

    Raises:
        UsageError: one can't be imported.
    """
    for text in (*names, *(entry.value for entry in entry_points(group=GROUP))):
        said, _, name = text.rpartition(":")
        home = Path(said) if said else folder
        if home is not None and str(home) not in sys.path:
            sys.path.append(str(home))
        if name not in _loaded:
            _import(name)
            _loaded[name] = home


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"the plugin {name!r} can't be imported: {type(error).__name__}: {error}; is it in the "
            "folder of seatrial.toml, or installed?"
        ) from error


def arguments() -> list[str]:
    """Return the options that make a process of ours import the plugins that were loaded here."""
    named = (f"{folder}:{name}" if folder else name for name, folder in _loaded.items())
    return [word for one in named for word in ("--plugin", one)]
