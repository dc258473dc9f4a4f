"""The mutants of a module."""

import ast
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.mutation.applying import apply
from tests.mutation.explanations import Explanations, known_open
from tests.mutation.forks import in_forks
from tests.mutation.judging import TARGETS, Judgement, source_of
from tests.mutation.kinds import KINDS
from tests.mutation.mutants import mutants
from tests.mutation.reporting import table, wrongly_explained

SOURCE = '''
"""A module."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

def late(now: float, until: float = 1.0) -> bool:
    """Return True if 1 > 0."""
    if not now < until and until:
        raise ValueError("late")
    return max(now - until, 0) == 0
'''


def test_each_differs_in_one_place_that_can_run() -> None:
    found = list(mutants("m", SOURCE))
    assert {one.operator for one in found} == {
        "constant",
        "condition",
        "and-or",
        "not",
        "comparison",
        "left-out",
        "return",
        "min-max",
        "arithmetic",
    }
    original = ast.unparse(ast.parse(SOURCE))
    for one in found:
        changed = one.source.splitlines()
        assert sum(a != b for a, b in zip(original.splitlines(), changed, strict=True)) == 1
        assert "Return True if 1 > 0" in one.source
    assert len({one.key for one in found}) == len(found)


def test_a_key_does_not_hang_on_what_stands_before_it() -> None:
    before = [one.key for one in mutants("m", SOURCE)]
    after = [one.key for one in mutants("m", SOURCE.replace("\ndef late", "\nX = 3\n\ndef late"))]
    assert set(before) < set(after)


REPORTING = """
class Breaker:
    def __post_init__(self):
        need(self, 0)

    def refuse(self, operation):
        assert operation is not None
        self.refused += 1
        self.opened = self.stale = 0
        if self.events.listeners:
            self.events.emit(Refused(1))
        operation.annotate(error)
        raise CircuitOpen(retry_after_s=2.5, service=operation.service or self.name)

    def snapshot(self):
        return Snapshot(self.opened + 1)
"""


def test_what_only_reports_is_not_mutated() -> None:
    (one, other) = mutants("m", REPORTING)
    assert one.operator == "left-out"
    assert (other.before, other.after) == ("2.5", "3.5")


def test_the_list_explains_keys_and_what_stands_for_any_part_of_them() -> None:
    known = Explanations({"why": ["m:f: a[0] #0", "m:g: *"], "another": ["m:g: b #1"]})
    assert known.of("m:f: a[0] #0") == ["m:f: a[0] #0"]
    assert not known.of("m:f: a[0] #1")
    assert known.of("m:g: b #1") == ["m:g: b #1", "m:g: *"]


FATES = [
    Judgement("m:f: a", "m", "killed", "scenario", "check"),
    Judgement("m:f: b", "m", "survived"),
    Judgement("n:f: c", "n", "crashed", "scenario"),
]


def test_the_score_is_of_all_that_were_run_and_the_explained_stand_next_to_it() -> None:
    lines = table(FATES, {"m": 2, "o": 1}, ())
    assert "survived: m:f: b" in lines
    assert lines[-4:] == [
        "mutants_policy 3",
        "mutants_policy_survived 1",
        "mutants_policy_explained 3",
        "mutation_score 0.667",
    ]
    module = next(line for line in lines if line.startswith("m "))
    assert module.split() == ["m", "1", "0", "0", "1", "0", "2", "0.500"]


def test_what_is_known_to_survive_is_no_news_and_what_is_found_by_now_is() -> None:
    lines = table(FATES, {}, ("m:f: a", "m:f: b"))
    assert "survived, as known: m:f: b" in lines
    assert "killed, known as open: m:f: a" in lines


def test_an_explanation_is_wrong_where_its_mutant_is_found_and_where_it_has_none() -> None:
    known = Explanations({"why": ["m:f: *", "m:gone"]})
    assert wrongly_explained(FATES[:2], known) == [
        "explained, but killed: m:f: a  scenario/check",
        "explains nothing: m:gone",
    ]


def test_each_explanation_and_each_open_one_has_a_mutant() -> None:
    every = [
        one.key for module, path in TARGETS.items() for one in mutants(module, path.read_text())
    ]
    known = Explanations.read()
    fitting = {pattern for key in every for pattern in known.of(key)}
    assert [one for one in known.patterns if one not in fitting] == []
    assert known_open() <= set(every)
    assert not [key for key in known_open() if known.of(key)]


def test_forks_return_what_was_found_and_end_what_hangs() -> None:
    def work(wait_s: float) -> float:
        time.sleep(wait_s)
        return wait_s * 2

    found = dict(in_forks(work, [0.0, 30.0, 0.01], workers=3, limit_s=1.0))
    assert found == {0.0: 0.0, 30.0: None, 0.01: 0.02}


@pytest.mark.parametrize("source", ["x = 1\n", "def f():\n    return None\n"])
def test_a_mutant_is_another_program(source: str) -> None:
    for one in mutants("m", source):
        assert one.source != ast.unparse(ast.parse(source))


def test_each_known_kind_is_another_program() -> None:
    for kind in KINDS:
        assert kind.mutant.source != source_of(kind.module).read_text(), kind.name
        compile(kind.mutant.source, kind.module, "exec")


LIVE = """
from contextlib import contextmanager

class Thing:
    size = 3

    @property
    def half(self):
        return self.size / 2

    @staticmethod
    def plus(number):
        return number + 1

@contextmanager
def opened():
    yield 1

def made():
    def inner():
        return 7
    return inner
"""


def live_module(path: Path) -> ModuleType:
    path.write_text(LIVE)
    module = ModuleType("seatrial_mutant_of_a_test")
    exec(compile(LIVE, str(path), "exec"), module.__dict__)  # noqa: S102 - as an import does
    return module


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        ("self.size / 2", lambda live: live.Thing().half == 6),
        ("number + 1", lambda live: live.Thing.plus(1) == 0),
        ("7", lambda live: live.made()() == 8),
    ],
)
def test_a_function_that_is_there_gets_the_code_of_its_mutant(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    shown: Callable[[Any], bool],
) -> None:
    path = tmp_path / "live.py"
    live = live_module(path)
    monkeypatch.setitem(sys.modules, live.__name__, live)
    (mutant,) = [one for one in mutants(live.__name__, LIVE) if one.before == before]
    assert not shown(live)
    apply(mutant, path)
    assert shown(live)
    assert live.__name__ in sys.modules
