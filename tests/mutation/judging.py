"""A mutant put through the scenarios in virtual time, in a process of its own."""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from seatrial.config import load_config
from seatrial.results import Verdict
from seatrial.scenarios import Part, Scenario, usable_scenarios
from seatrial.virtual import VirtualTestbed, run_parts_virtually
from tests.mutation.mutants import Mutant

ROOT = Path(__file__).parents[2]
TARGETS: Mapping[str, Path] = {
    **{
        f"seatrial.resilience.{path.stem}": path
        for path in sorted((ROOT / "src/seatrial/resilience").glob("*.py"))
        if path.stem not in ("__init__", "errors", "events")
    },
    **{
        f"stubs.clients.{name}": ROOT / f"stubs/clients/{name}.py"
        for name in ("calls", "refresh", "remembered", "settings", "user")
    },
}


@dataclass(frozen=True)
class Judgement:
    """What became of a mutant."""

    key: str
    module: str
    word: str
    """killed, crashed, hung, survived, or not reached."""
    by: str = ""
    """The scenario and the check that found it."""


def testbed() -> VirtualTestbed:
    """Return the reference system's user edge."""
    return VirtualTestbed(load_config(ROOT / "seatrial.toml", virtual=True), ROOT, "card")


def scenarios() -> dict[str, Scenario]:
    """Return the scenarios that virtual time can run."""
    edge = testbed()
    return {name: one for name, one in usable_scenarios(ROOT).items() if not one.lacks(edge)}


def reached(name: str) -> dict[str, list[int]]:
    """Run a scenario on the code as it is, and return the lines that it comes to, by module."""
    files = {str(path): module for module, path in TARGETS.items()}
    lines: dict[str, set[int]] = {module: set() for module in TARGETS}

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        module = files.get(frame.f_code.co_filename)
        if module is None:
            return None
        lines[module].add(frame.f_lineno)
        return trace

    sys.settrace(trace)
    try:
        batch = run_parts_virtually(testbed(), [Part(scenarios()[name], None, {})])
    finally:
        sys.settrace(None)
    bad = [
        check
        for run in batch.runs
        for check, finding in run.findings.items()
        if finding.verdict is Verdict.FAILED
    ]
    if batch.invalid or bad:
        raise SystemExit(f"{name} on the code as it is: {batch.invalid or bad}")
    return {module: sorted(found) for module, found in lines.items()}


def judge(mutant: Mutant, names: Sequence[str]) -> Judgement:
    """Run scenarios on a mutant until one finds it."""
    assert mutant.module not in sys.modules, "imported already, so that nothing would change"
    sys.meta_path.insert(0, _Finder(mutant))
    known, edge = scenarios(), testbed()
    for name in names:
        try:
            batch = run_parts_virtually(edge, [Part(known[name], None, {})])
        except Exception as error:  # noqa: BLE001 - the application can't even be loaded
            return Judgement(mutant.key, mutant.module, "crashed", f"{name}: {error}"[:200])
        if batch.invalid:
            return Judgement(mutant.key, mutant.module, "crashed", batch.invalid[0][:200])
        for check, finding in batch.runs[0].findings.items():
            if finding.verdict is Verdict.FAILED:
                return Judgement(mutant.key, mutant.module, "killed", f"{name}/{check}")
    return Judgement(mutant.key, mutant.module, "survived")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of the module that is mutated."""
        if fullname != self._mutant.module:
            return None
        return importlib.util.spec_from_loader(
            fullname, self, origin=str(TARGETS[fullname]), is_package=False
        )

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant's source."""
        code = compile(self._mutant.source, str(TARGETS[self._mutant.module]), "exec")
        exec(code, module.__dict__)  # noqa: S102 - it is our own module
