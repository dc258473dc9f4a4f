"""Changes of providers: every breaking change turns its consumers red, no benign one does."""

from collections.abc import Iterator

import pytest

from contracts.changes.judging import (
    COMMANDS,
    Judge,
    Recorded,
    alter,
    in_process,
    outcome,
    record_all,
    require_green,
)
from contracts.changes.replaying import replay
from contracts.changes.table import CHANGES, Change
from seatrial.errors import UsageError
from seatrial.pacts.providers import Providers


@pytest.fixture(scope="module")
def recorded() -> Iterator[tuple[Recorded, ...]]:
    """The answers and messages of the real providers."""
    with Providers(urls={}, states_urls={}, commands=COMMANDS) as providers:
        yield record_all(providers)


@pytest.fixture(scope="module")
def judge(recorded: tuple[Recorded, ...]) -> Judge:
    """The contracts' own matchers, which take every answer as it is."""
    judge = in_process()
    require_green(recorded, judge)
    return judge


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: f"{one.provider}: {one.what}")
def test_a_change_turns_exactly_those_red_whom_it_breaks(
    recorded: tuple[Recorded, ...], judge: Judge, change: Change
) -> None:
    assert outcome(change, recorded, judge).wrong is None


def test_the_verifier_says_the_same_of_an_answer_of_each_change(
    recorded: tuple[Recorded, ...], judge: Judge
) -> None:
    """`python -m contracts.changes` asks it about all of them."""
    differing = []
    with replay() as again:
        for change in CHANGES:
            altered = next(alter(change, recorded))
            ours = judge(altered.interaction, altered.answer)
            its = again.broken(altered.interaction, altered.answer)
            if (ours is None) is not (its is None):
                differing.append((change.what, ours, its))
    assert differing == []


def test_the_table_has_many_of_both_kinds_and_names_none_twice() -> None:
    names = {(change.provider, change.what) for change in CHANGES}
    assert len(names) == len(CHANGES) >= 60
    assert sum(bool(change.breaks) for change in CHANGES) >= 30
    assert sum(not change.breaks for change in CHANGES) >= 20


def test_a_wrong_entry_of_the_table_is_told(recorded: tuple[Recorded, ...], judge: Judge) -> None:
    first = CHANGES[0]
    benign = Change(first.provider, first.what, first.alter)
    assert str(outcome(benign, recorded, judge).wrong).startswith("red for marketplace-service: ")
    more = Change(first.provider, first.what, first.alter, first.breaks | {"web-app"})
    assert outcome(more, recorded, judge).wrong == "not noticed for web-app"
    nothing = Change(first.provider, "nothing", lambda _interaction, answer: answer)
    assert outcome(nothing, recorded, judge).wrong == "it alters no answer, so it proves nothing"


def test_a_provider_that_is_broken_already_is_told_first(recorded: tuple[Recorded, ...]) -> None:
    with pytest.raises(UsageError, match=r"without any change: no; mend the provider first"):
        require_green(recorded, lambda _interaction, _answer: "no")
