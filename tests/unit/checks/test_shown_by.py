"""A failed check names the call that shows it, so that a reader can look closer."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import seatrial.checks

OF_MANY_CALLS = {
    "_caps_probes": 1,  # fewer probes than declared
    "_right_entity": 1,  # tied by what the provider saw, and no answer says its entity
    "_took_its_waits": 1,
    "_amplified": 1,
    "_grow": 4,
    "_spread": 1,
}
"""Judgements that no single call shows: how often each fails so."""


def silent() -> Iterator[str]:
    """Yield the function of each failure that names no call."""
    for path in Path(str(seatrial.checks.__file__)).parent.glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if not isinstance(node, ast.Call) or ast.unparse(node.func) != "Finding.failed":
                    continue
                if all(keyword.arg != "shown_by" for keyword in node.keywords):
                    yield function.name


def test_every_failure_names_its_call_or_is_of_many_calls() -> None:
    assert Counter(silent()) == OF_MANY_CALLS
