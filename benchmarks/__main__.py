"""Runs all benchmarks, or those named, and writes their figures to `benchmarks/latest.json`."""

import importlib
import json
import operator
import pkgutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, cast

import benchmarks

LATEST = Path(__file__).parent / "latest.json"
COMPARISONS: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


class Benchmark(Protocol):
    """A module of this package that has figures."""

    GOALS: Mapping[str, str]

    def figures(self) -> Mapping[str, float]:
        """Measure; the names of figures are the same in every run."""


def found(names: list[str]) -> dict[str, Benchmark]:
    """The benchmarks by name.

    Raises:
        SystemExit: one is named that doesn't exist, or something that it measures isn't installed.
    """
    known = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    known = sorted(name for name in known if not name.startswith("_"))
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    try:
        modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names or known}
    except ImportError as error:
        sys.exit(
            f"{error}: the peers are in a group of their own, `uv sync --all-extras --group bench`"
        )
    return {
        name: cast("Benchmark", module)
        for name, module in modules.items()
        if hasattr(module, "figures")
    }


def line(name: str, value: float, goal: str | None) -> str:
    """A figure with its goal, and whether that is met."""
    shown = f"  {name:<28}{value:>12,.2f}"
    if goal is None:
        return shown
    comparison, bound = goal.split()
    is_met = COMPARISONS[comparison](value, float(bound))
    return f"{shown}   goal {goal:<9} {'met' if is_met else 'MISSED'}"


def main(names: list[str]) -> None:
    """Run, print, write; a run of named benchmarks keeps the others' last figures."""
    all_figures: dict[str, float] = {}
    if names and LATEST.exists():
        all_figures.update(json.loads(LATEST.read_text())["figures"])
    for name, benchmark in found(names).items():
        print(f"{name}:")
        figures = benchmark.figures()
        goals = getattr(benchmark, "GOALS", {})
        for figure, value in figures.items():
            print(line(figure, value, goals.get(figure)))
        all_figures.update(figures)
    LATEST.write_text(json.dumps({"figures": all_figures}, indent=2, sort_keys=True) + "\n")
    print(f"written to {LATEST}")


if __name__ == "__main__":
    main(sys.argv[1:])
