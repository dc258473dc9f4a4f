"""A mutant put through the scenarios in virtual time, in a process of its own."""

import inspect
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from coverage import Coverage

from seatrial.results import Verdict
from seatrial.scenarios import Part, Scenario, usable_scenarios
from seatrial.virtual import VirtualTestbed, run_parts_virtually
from tests.mutation.applying import apply
from tests.mutation.mutants import Mutant
from tests.mutation.variants import ROOT, TWICE, config_for

_LEAST_S, _TIMES_AS_LONG = 5.0, 10.0
"""A scenario hangs that takes so much processor time, or so many times what it takes otherwise."""
_NO_POLICIES = ("__init__", "errors", "events", "_bounds")
"""Errors, reports, and the refusal of wrong settings when a policy is made."""
TARGETS: Mapping[str, Path] = {
    **{
        f"seatrial.resilience.{path.stem}": path
        for path in sorted((ROOT / "src/seatrial/resilience").glob("*.py"))
        if path.stem not in _NO_POLICIES
    },
    **{
        f"stubs.clients.{name}": ROOT / f"stubs/clients/{name}.py"
        for name in ("calls", "refresh", "remembered", "settings", "user")
    },
}


def source_of(module: str) -> Path:
    """Return the file of a module."""
    path = ROOT / f"{module.replace('.', '/')}.py"
    return path if path.exists() else TARGETS[module]


@dataclass(frozen=True)
class Judgement:
    """What became of a mutant."""

    key: str
    module: str
    word: str
    """killed, crashed, hung, survived, or not reached."""
    by: str = ""
    """The scenario that found it."""
    check: str = ""
    """The check that failed, or how it crashed."""


def reference_edge(scenario: str = "") -> VirtualTestbed:
    """Return the reference system's user edge, as a scenario needs it."""
    return VirtualTestbed(config_for(scenario), ROOT, "card")


def scenarios() -> dict[str, Scenario]:
    """Return the scenarios that virtual time can run, some on two consumers."""
    usable = usable_scenarios(ROOT)
    own = {name: one for name, one in usable.items() if not one.lacks(reference_edge(name))}
    return {**own, **{name: own[name.partition("@")[0]] for name in TWICE}}


@dataclass(frozen=True)
class Reached:
    """What a scenario comes to on the code as it is."""

    took_s: float
    """Of the processor, with its lines counted."""
    lines: Mapping[str, Sequence[int]]
    """By module."""


def at_import(module: str) -> set[int]:
    """Return the lines of a module that run when it is imported, and so for every scenario."""

    def lines(code: CodeType) -> set[int]:
        if code.co_flags & inspect.CO_OPTIMIZED:  # a function's body
            return set()
        nested = [one for one in code.co_consts if isinstance(one, CodeType)]
        own = {line for _, _, line in code.co_lines() if line}
        return own.union(*(lines(one) for one in nested))

    path = source_of(module)
    return lines(compile(path.read_text(), str(path), "exec"))


def warm_up() -> None:
    """Import all, so that no forked process has to."""
    run_parts_virtually(reference_edge(), [Part(scenarios()["provider_back"], None, {})])


def reached(name: str) -> dict[str, Any]:
    """Run a scenario on the code as it is, and return the fields of `Reached`."""
    files = {module: str(path) for module, path in TARGETS.items()}
    lines = Coverage(data_file=None, config_file=False, include=list(files.values()))
    began_s = time.process_time()
    with lines.collect():
        batch = run_parts_virtually(reference_edge(name), [Part(scenarios()[name], None, {})])
    took_s = time.process_time() - began_s
    bad = [
        check
        for run in batch.runs
        for check, finding in run.findings.items()
        if finding.verdict is Verdict.FAILED
    ]
    if batch.invalid or bad:
        raise SystemExit(f"{name} on the code as it is: {batch.invalid or bad}")
    found = lines.get_data()
    at = {key: {*(found.lines(file) or ()), *at_import(key)} for key, file in files.items()}
    return {"took_s": took_s, "lines": {key: sorted(each) for key, each in at.items()}}


def judge(mutant: Mutant, names: Mapping[str, float]) -> Judgement:
    """Run scenarios on a mutant until one finds it.

    Args:
        mutant: takes the place of its module in this process.
        names: the scenarios, with what each takes.
    """
    apply(mutant, source_of(mutant.module))
    known = scenarios()
    for name, took_s in names.items():
        _limit(max(_LEAST_S, took_s * _TIMES_AS_LONG))
        try:
            batch = run_parts_virtually(reference_edge(name), [Part(known[name], None, {})])
        except Exception as error:  # noqa: BLE001 - the application can't even be loaded
            return Judgement(mutant.key, mutant.module, "crashed", name, _line(str(error)))
        if batch.invalid:
            return Judgement(mutant.key, mutant.module, "crashed", name, _line(batch.invalid[0]))
        for check, finding in batch.runs[0].findings.items():
            if finding.verdict is Verdict.FAILED:
                return Judgement(mutant.key, mutant.module, "killed", name, check)
    return Judgement(mutant.key, mutant.module, "survived")


def _line(text: str) -> str:
    """Return the beginning of a message."""
    return text.partition("\n")[0][:160]


def _limit(further_s: float) -> None:
    """Let the system end this process after so much further processor time: it hangs."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + further_s) + 1, hard))
