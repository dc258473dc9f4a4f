"""The public surface: all has a docstring, and importing it brings httpx and nothing else."""

import inspect
import subprocess
import sys
from collections.abc import Iterator

import pytest

import seatrial.resilience
import seatrial.resilience.testing

MODULES = [seatrial.resilience, seatrial.resilience.testing]


def public() -> Iterator[tuple[str, object]]:
    """Everything that is exported, and its public members."""
    for module in MODULES:
        for name in module.__all__:
            each = getattr(module, name)
            yield name, each
            if inspect.isclass(each):
                for member, value in vars(each).items():
                    if not member.startswith("_") and (
                        inspect.isfunction(value) or isinstance(value, property)
                    ):
                        yield f"{name}.{member}", value


@pytest.mark.parametrize(
    ("name", "each"), [pytest.param(name, each, id=name) for name, each in public()]
)
def test_everything_public_is_documented(name: str, each: object) -> None:
    if inspect.isclass(each) or inspect.isfunction(each) or isinstance(each, property):
        assert inspect.getdoc(each), name


def test_everything_exported_is_sorted_and_there() -> None:
    for module in MODULES:
        assert len(set(module.__all__)) == len(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)


def imported_with(module: str) -> set[str]:
    """The top-level packages in a fresh process, once a module is imported; not the library's."""
    program = (
        "import sys, httpx; before = set(sys.modules); "
        f"import {module}; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split()) - set(sys.stdlib_module_names)


def test_importing_it_brings_nothing_but_httpx_and_the_standard_library() -> None:
    assert imported_with("seatrial.resilience") == {"seatrial"}
    assert imported_with("seatrial.resilience.testing") == {"seatrial"}


def test_the_testing_module_and_the_adapters_come_on_demand_alone() -> None:
    program = (
        "import sys, seatrial.resilience; "
        "print(*[name for name in sys.modules if '.testing' in name or '.adapters' in name "
        "if name.startswith('seatrial')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
