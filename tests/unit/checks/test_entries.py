"""The bound of a cache's entries."""

import pytest

from seatrial.checks import CAPS_ENTRIES
from seatrial.checks.phases import COLD, CROWD_AGAIN, FILLING, REFILLING, WARM
from seatrial.results import Verdict

from .planted import PlantedEvidence, without

BOUNDED = without("cache", max_entries=4)


def filled(hits: int, *, again_s: float = 1.0) -> PlantedEvidence:
    """Six entities, and the same again, of which some come from memory."""
    planted = PlantedEvidence().call(COLD, 0.0, 0.0, entity="c").call(WARM, 0.1, entity="c")
    for number in range(6):
        planted.call(FILLING, 0.5, 0.5, entity=f"e{number}")
    for number in range(6):
        sent = () if number < hits else (again_s,)
        planted.call(REFILLING, again_s, *sent, entity=f"e{number}")
    return planted


@pytest.mark.parametrize(
    ("hits", "verdict"), [(4, Verdict.PASSED), (5, Verdict.FAILED), (0, Verdict.UNDECIDED)]
)
def test_no_more_come_from_memory_than_may_be_kept(hits: int, verdict: Verdict) -> None:
    assert CAPS_ENTRIES(filled(hits).evidence(BOUNDED)).verdict is verdict


def test_a_caller_whom_a_full_cache_turns_away_is_no_entry_that_was_forgotten() -> None:
    planted = filled(4).call(FILLING, 0.6, entity="e6", outcome="other")
    found = CAPS_ENTRIES(planted.evidence(BOUNDED))
    assert found.verdict is Verdict.FAILED
    assert (
        "1 of 1 callers of a full cache, one after the other, were answered 500"
        in found.explanation
    )
    together = filled(4).call(FILLING, 0.5, entity="e6", outcome="other")
    assert CAPS_ENTRIES(together.evidence(BOUNDED)).verdict is Verdict.UNDECIDED
    early = filled(4).call(FILLING, 0.6, entity="e6", outcome="cached")
    assert CAPS_ENTRIES(early.evidence(BOUNDED)).verdict is Verdict.UNDECIDED


def test_what_may_have_expired_shows_no_bound() -> None:
    found = CAPS_ENTRIES(filled(4, again_s=3.6).evidence(BOUNDED))
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


def test_a_large_cache_is_not_filled_and_an_undeclared_bound_skipped() -> None:
    large = without("cache", max_entries=10_000)
    found = CAPS_ENTRIES(filled(4).evidence(large))
    assert found.verdict is Verdict.UNDECIDED
    assert found.explanation.startswith("declared, not tested: 10000 entries")
    assert CAPS_ENTRIES(filled(4).evidence()).verdict is Verdict.SKIPPED


@pytest.mark.parametrize(("hits", "verdict"), [(4, Verdict.PASSED), (5, Verdict.FAILED)])
def test_nor_where_more_than_that_were_loaded_at_once(hits: int, verdict: Verdict) -> None:
    planted = filled(4)
    for number in range(6):
        sent = () if number < hits else (2.0,)
        planted.call(CROWD_AGAIN, 2.0, *sent, entity=f"c{number}")
    assert CAPS_ENTRIES(planted.evidence(BOUNDED)).verdict is verdict
