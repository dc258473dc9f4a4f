"""Put a mutant in the place of its module, in this process.

Where only a function's body differs, the function that is there is given the other code, which
takes no time. A default, a constant or a class body needs the module, and all that has imported it,
to be imported again.
"""

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.mutation.mutants import Mutant, unparsed

_DEPENDENT = ("seatrial.resilience", "stubs", "tests.mutation.consumers")


def apply(mutant: Mutant, path: Path) -> None:
    """Let the code of this process be the mutant's.

    Args:
        mutant: one change of a module.
        path: the module's file.
    """
    original = compile(unparsed(path.read_text()), str(path), "exec")
    changed = compile(mutant.source, str(path), "exec")
    module = sys.modules.get(mutant.module)
    if module is not None and _give_code(original, changed, vars(module)):
        return
    for name in tuple(sys.modules):
        if name.startswith(_DEPENDENT):
            del sys.modules[name]
    sys.meta_path.insert(0, _Finder(mutant.module, path, changed))


def _give_code(before: CodeType, after: CodeType, live: Mapping[str, Any]) -> bool:
    """Give functions the code that differs; False where something else differs.

    Args:
        before: a module's or a class's body.
        after: the same of the mutant.
        live: the names in it.
    """
    nested = [
        [one for one in code.co_consts if isinstance(one, CodeType)] for code in (before, after)
    ]
    plain = [
        [one for one in code.co_consts if not isinstance(one, CodeType)] for code in (before, after)
    ]
    same = before.co_code == after.co_code and before.co_names == after.co_names
    if not same or repr(plain[0]) != repr(plain[1]) or len(nested[0]) != len(nested[1]):
        return False
    given = True
    for old, new in zip(*nested, strict=True):
        if old == new:
            continue
        there = live.get(old.co_name)
        if inspect.isclass(there):
            given = given and _give_code(old, new, vars(there))
        else:
            function = _function(there, old)
            if function is None:
                return False
            function.__code__ = new
    return given


def _function(there: Any, code: CodeType) -> FunctionType | None:
    """Return the function behind a name and its decorators."""
    while there is not None:
        if isinstance(there, FunctionType) and (there.__code__.co_qualname == code.co_qualname):
            return there if there.__code__.co_freevars == code.co_freevars else None
        if isinstance(there, property):
            there = there.fget
        elif isinstance(there, functools.cached_property):
            there = there.func
        else:
            there = getattr(there, "__wrapped__", None) or getattr(there, "__func__", None)
    return None


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutant in place of its module."""

    def __init__(self, module: str, path: Path, code: CodeType) -> None:
        self._module, self._path, self._code = module, path, code

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of the module that is mutated."""
        if fullname != self._module:
            return None
        return importlib.util.spec_from_loader(
            fullname, self, origin=str(self._path), is_package=False
        )

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant's code."""
        exec(self._code, module.__dict__)  # noqa: S102 - it is our own module
