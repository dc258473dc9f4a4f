"""Where scenarios are found: those that come with the package, and a project's own."""

import importlib.util
from pathlib import Path

import seatrial
from seatrial.errors import UsageError
from seatrial.scenarios.definition import Scenario

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
    found: dict[str, Scenario] = {}
    for folder in scenario_folders(project):
        found |= load_scenarios(folder)
    return dict(sorted(found.items()))


def scenario_folders(project: Path) -> list[Path]:
    """Return where a project's scenarios are: the package's folder, then its own."""
    shipped, own = shipped_folder(), project / "chaos"
    has_own = own.is_dir() and own.resolve() != shipped.resolve()
    return [shipped, own] if has_own else [shipped]


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
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    except Exception as error:
        raise UsageError(f"{path}: can't be imported: {type(error).__name__}: {error}") from error
    return [value for value in vars(module).values() if isinstance(value, Scenario)]
