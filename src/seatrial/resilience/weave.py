"""Weaves policies and a call into one coroutine function.

Every coroutine between the caller and the call costs about as much as a bare `await f()`, more than
all that a breaker or a retry has to do when nothing fails. So a policy isn't a wrapper but a
*strand*: a few lines of Python around the place of the rest, and only what happens when all goes
well; everything else is a method that those lines call. Policies composed next to each other become
one function. docs/adr/0003-woven-policies.md has the measurements and what was rejected.

In a strand's text
- `INNER` stands alone on its line, for the strands inside and finally the call; it sets `result`;
- `ARGUMENTS` are the call's arguments, `KEY` is what tells one call from another;
- `ANSWER x` ends a branch that needs nothing more: at once where no other strand is around;
- a name that ends in `_` is the strand's own, and has what `names` says, or what the text sets;
- `now_ = clock_()` on its own line is left out where a strand further out has just read the same
  clock; so nothing may be awaited between that line and `INNER`.
"""

from __future__ import annotations

import inspect
import linecache
import re
import textwrap
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from types import CodeType
from typing import Any, Protocol, cast, runtime_checkable

from seatrial.resilience.operation import Call, Operation, P, T, Wrapped

AnyCall = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Strand:
    """A policy's part of a woven function: its text, and what its own names mean."""

    text: str
    names: Mapping[str, object]


@runtime_checkable
class Weavable(Protocol):
    """A policy that can be woven with its neighbours."""

    def strand(self, inner: AnyCall, operation: Operation) -> Strand:
        """This policy's strand; `inner` is the call inside it, for when that is made again."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A call's parameters as text: to declare them, to pass them on, to make a key of them."""

    declared: str
    arguments: str
    key: str
    defaults: Mapping[str, object]


def weave(policies: Sequence[Weavable], call: Call[P, T], operation: Operation) -> Wrapped[P, T]:
    """The call inside all policies, the first outermost, as one coroutine function."""
    signature = _signature(call)
    woven: AnyCall = call
    strands: list[Strand] = []
    for policy in reversed(policies):
        strands.insert(0, policy.strand(woven, operation))
        woven = _function(strands, call, signature)
    return cast("Wrapped[P, T]", wraps(call)(woven))


def _function(strands: Sequence[Strand], call: AnyCall, signature: Signature) -> AnyCall:
    names: dict[str, Any] = {"call": call, **signature.defaults}
    numbers: dict[object, int] = {}
    clocks = []
    for depth, strand in enumerate(strands):
        names |= {f"{name}{depth}": meant for name, meant in strand.names.items()}
        clocks.append(numbers.setdefault(strand.names.get("clock_"), depth))
    texts = tuple(strand.text for strand in strands)
    exec(  # noqa: S102 - text of this package, and names of parameters
        _compiled(
            _source(texts, tuple(clocks), signature.declared, signature.arguments, signature.key)
        ),
        names,
    )
    return cast("AnyCall", names["woven"])


@lru_cache(maxsize=1024)
def _source(
    texts: tuple[str, ...], clocks: tuple[int, ...], declared: str, arguments: str, key: str
) -> str:
    """The text of a woven function; a client that is made anew for each call weaves no new one.

    Args:
        texts: of the strands, the outermost first.
        clocks: for each strand the first one that reads the same clock.
        declared: the parameters.
        arguments: the parameters as they are passed on.
        key: what tells one call from another.
    """
    read: dict[int, str] = {}
    body = "INNER"
    for depth, (strand, clock) in enumerate(zip(texts, clocks, strict=True)):
        text = strand.strip("\n").replace("ANSWER", "result =" if depth else "return")
        if clock in read:
            text = text.replace("now_ = clock_()\n", "").replace("now_", read[clock])
        elif "now_ = clock_()" in text:
            read[clock] = f"now_{depth}"
        body = _inside(body, re.sub(r"\b([a-z_]*[a-z])_\b", rf"\1_{depth}", text))
    body = _inside(body, "result = await call(ARGUMENTS)")
    source = f"async def woven({declared}):\n{textwrap.indent(body, '    ')}\n"
    source += "    return result\n"
    source = re.sub(r"\bARGUMENTS\b", arguments, source)
    return re.sub(r"\bKEY\b", key, source)


def _inside(text: str, inner: str) -> str:
    """The text with `inner` where it says so, as deep."""

    def put(line: re.Match[str]) -> str:
        return textwrap.indent(inner, line[1])

    return re.sub(r"^( *)INNER$", put, text, flags=re.MULTILINE)


@lru_cache(maxsize=1024)
def _compiled(source: str) -> CodeType:
    """The code of a woven function, once for each text, and its lines for tracebacks."""
    name = f"<woven {hash(source) & 0xFFFFFFFF:08x}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return compile(source, name, "exec")


ANYTHING = Signature("*args, **kwargs", "*args, **kwargs", "(args, *sorted(kwargs.items()))", {})
"""The signature of a call that can't be told, or that would get in the way of a strand's names."""


def _signature(call: AnyCall) -> Signature:
    """The exact parameters: passing `*args, **kwargs` on would cost half a bare await."""
    try:
        parameters = list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        return ANYTHING
    kinds = {parameter.kind for parameter in parameters}
    plain = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    names = [parameter.name for parameter in parameters]
    if not kinds <= plain or any(_is_taken(name) for name in names):
        return ANYTHING
    defaults: dict[str, object] = {}
    declared = []
    for parameter in parameters:
        text = parameter.name
        if parameter.default is not inspect.Parameter.empty:
            defaults[f"default_{len(defaults)}"] = parameter.default
            text += f"=default_{len(defaults) - 1}"
        declared.append(text)
    key = names[0] if len(names) == 1 else f"({', '.join(names)})"
    return Signature(", ".join(declared), ", ".join(names), key, defaults)


def _is_taken(name: str) -> bool:
    """Whether a parameter's name could be mistaken for one of a strand's."""
    return name in {"result", "error", "call", "woven", "KEY", "ARGUMENTS"} or bool(
        re.search(r"_\d+$", name)
    )
