"""Finds who has bound a function already that a stand-in replaces, and gives them the stand-in.

`from time import monotonic`, `def wait(clock=time.monotonic)` and `self._clock = time.monotonic`
bind the real function when they run. Whoever was imported before the stand-ins came would go by the
real clock. A stand-in does what the real function does outside a simulation, so it may stay there.
"""

import gc
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import CellType, FunctionType, ModuleType
from typing import Any

_OWN = __name__.rpartition(".")[0]
_INSTALLED = {"site-packages", "dist-packages"}
_DEPTH = 4
"""A function in a `partial` in a default argument is three deep."""


def rebind(stand_ins: Mapping[Any, Any]) -> None:
    """Put stand-ins where modules, classes, functions, closures and objects hold the real ones.

    Args:
        stand_ins: by the functions that they replace.
    """
    olds, news = list(stand_ins), list(stand_ins.values())
    for _ in range(_DEPTH):
        olds, news = _replaced_once(olds, news)
        if not olds:
            return


def rebind_class(real: type, stand_in: type) -> None:
    """Put a class where modules of applications have imported the real one."""
    for module in tuple(sys.modules.values()):
        if isinstance(module, ModuleType) and _is_application(module):
            for name, value in tuple(vars(module).items()):
                if value is real:
                    setattr(module, name, stand_in)


def _replaced_once(olds: list[Any], news: list[Any]) -> tuple[list[Any], list[Any]]:
    """Replace some objects in all that holds them; return those holders that can't be changed.

    Each comes with what is to stand in its place.
    """
    by_id = {id(old): new for old, new in zip(olds, news, strict=True)}
    fixed: list[Any] = []
    instead: list[Any] = []
    dicts: list[dict[Any, Any]] = []
    for holder in gc.get_referrers(*olds):
        if holder is olds:
            continue
        if (new := _copy(holder, by_id)) is not None:
            fixed.append(holder)
            instead.append(new)
        elif _is_left_alone(holder):
            continue
        elif isinstance(holder, dict):
            dicts.append(holder)
        else:
            _change(holder, by_id)
    _change_dicts(dicts, by_id)
    return fixed, instead


def _copy(holder: Any, by_id: Mapping[int, Any]) -> Any:
    """Return a copy of what can't be changed, with the new in it; None if it can be."""
    if type(holder) is tuple:
        return tuple(by_id.get(id(one), one) for one in holder)
    if type(holder) is staticmethod:
        return staticmethod(by_id[id(holder.__func__)])
    if type(holder) is partial:
        args = (by_id.get(id(one), one) for one in holder.args)
        return partial(by_id.get(id(holder.func), holder.func), *args, **holder.keywords)
    return None


def _change(holder: Any, by_id: Mapping[int, Any]) -> None:
    if isinstance(holder, list):
        holder[:] = [by_id.get(id(one), one) for one in holder]
    elif isinstance(holder, CellType):
        holder.cell_contents = by_id[id(holder.cell_contents)]
    elif isinstance(holder, FunctionType):
        if id(holder.__defaults__) in by_id:
            holder.__defaults__ = by_id[id(holder.__defaults__)]
    elif not isinstance(holder, type):
        for name in _attributes(holder):
            with suppress(AttributeError):  # a slot that is empty
                if (new := by_id.get(id(object.__getattribute__(holder, name)))) is not None:
                    object.__setattr__(holder, name, new)


def _change_dicts(dicts: list[dict[Any, Any]], by_id: Mapping[int, Any]) -> None:
    for one in dicts:
        for name, value in tuple(one.items()):
            if id(value) in by_id:
                one[name] = by_id[id(value)]
    for owner in gc.get_referrers(*dicts) if dicts else ():
        if isinstance(owner, type):
            for name, value in tuple(vars(owner).items()):
                if any(value is new for new in by_id.values()):
                    setattr(owner, name, value)  # Python keeps what it found in a class


def _attributes(holder: Any) -> Iterable[str]:
    """Return the names of an object's own attributes, in a dictionary or in slots."""
    yield from tuple(getattr(holder, "__dict__", ()))
    for kind in type(holder).__mro__:
        slots = vars(kind).get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots


def _is_left_alone(holder: Any) -> bool:
    """Return whether the standard library, or a stand-in, is what holds it."""
    if isinstance(holder, dict):
        name = holder.get("__name__") or holder.get("__module__")
    else:
        name = holder.__module__ if isinstance(holder, FunctionType) else None
    if not isinstance(name, str):
        return False
    return name.partition(".")[0] in sys.stdlib_module_names or name.startswith(_OWN)


def _is_application(module: ModuleType) -> bool:
    """Return whether a module is neither the standard library's nor installed."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or _is_left_alone(vars(module)):
        return False
    return _INSTALLED.isdisjoint(Path(file).parts)
