"""The oracle agrees with the closed form, and with caches worked out by hand."""

import random
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.loads.keys import zipf_weights
from seatrial.loads.oracle import (
    CacheLookup,
    Counting,
    OriginChange,
    Replay,
    expected_calls_per_s,
    lookups_of,
    oracle,
    replay,
)
from seatrial.loads.schedule import poisson
from seatrial.loads.stats import Arrival


def test_entry_is_asked_for_again_once_its_time_is_over() -> None:
    sent = [(0.0, "a"), (0.9, "a"), (1.0, "a"), (1.9, "a"), (2.1, "a")]
    assert oracle(sent, 1.0) == 3


def test_time_to_live_may_count_from_the_question_or_from_the_answer() -> None:
    sent = [(0.0, "a"), (1.1, "a")]
    answered_s = [0.2, 1.2]
    assert oracle(sent, 1.0, answered_s=answered_s, counting=Counting.ASKED) == 2
    assert oracle(sent, 1.0, answered_s=answered_s, counting=Counting.ANSWERED) == 1


def test_requests_during_a_fetch_join_it() -> None:
    lookups = [CacheLookup(0.0, "a", 0.5), CacheLookup(0.1, "a", 0.5), CacheLookup(0.6, "a", 0.6)]
    assert replay(lookups, 1.0) == Replay(upstream=1, joined=1, hits=1)


def test_a_fetch_that_outlasts_its_time_to_live_is_joined_and_not_kept() -> None:
    lookups = [CacheLookup(0.0, "a", 2.0), CacheLookup(1.5, "a", 2.0), CacheLookup(2.1, "a", 2.2)]
    assert replay(lookups, 1.0) == Replay(upstream=2, joined=1, hits=0)


def test_an_answer_that_failed_is_not_kept() -> None:
    assert oracle([(0.0, "a"), (0.1, "a")], 1.0, answered_s=[None, 0.2]) == 2


def test_a_bounded_cache_forgets_the_least_recently_used() -> None:
    sent = [(0.0, "a"), (0.1, "b"), (0.2, "a"), (0.3, "c"), (0.4, "a"), (0.5, "b")]
    assert oracle(sent, 10.0) == 3
    assert oracle(sent, 10.0, max_entries=2) == 4


def test_a_warm_cache_asks_for_nothing_before_its_entries_expire() -> None:
    lookups = [CacheLookup(0.5, "a", 0.5), CacheLookup(1.5, "a", 1.5), CacheLookup(2.0, "a", 2.0)]
    assert replay(lookups, 1.0, warm_at_s=0.0) == Replay(upstream=1, joined=0, hits=2)


def test_the_order_of_the_log_does_not_matter() -> None:
    sent = [(0.0, "a"), (0.5, "b"), (1.2, "a"), (3.0, "b")]
    assert oracle(sent[::-1], 1.0) == oracle(sent, 1.0) == 4


def test_replay_agrees_with_the_closed_form_for_poisson_arrivals() -> None:
    rates = [200 * weight for weight in zipf_weights(50, 1.0)]
    span_s, ttl_s = 400.0, 2.0
    sent = [
        (at_s, str(number))
        for number, rate in enumerate(rates)
        for at_s in takewhile(
            lambda at_s: at_s < span_s, poisson(rate, random.Random(f"closed/{number}"))
        )
    ]
    assert oracle(sent, ttl_s) / span_s == pytest.approx(
        expected_calls_per_s(rates, ttl_s), rel=0.02
    )


def test_closed_form_gives_the_known_hit_ratios() -> None:
    for rate, known in ((50, 0.79), (200, 0.90), (1000, 0.97)):
        calls = expected_calls_per_s((rate * w for w in zipf_weights(10_000, 1.0)), 300.0)
        assert 1 - calls / rate == pytest.approx(known, abs=0.03)


def test_a_fetch_that_was_really_a_hit_takes_as_long_as_the_others_did() -> None:
    arrivals = [
        Arrival(0.0, 0.0, 0.2, 1, "steady", "miss", True),
        Arrival(1.0, 1.0, 1.01, 1, "steady", "hit", True),
        Arrival(2.0, 2.0, 2.01, 1, "steady", "http-503", False),
    ]
    found = [one.answered_s for one in lookups_of(arrivals, fetched="miss")]
    assert found == [0.2, 1.2, None]


def _lookups(took_s: st.SearchStrategy[float]) -> st.SearchStrategy[list[CacheLookup]]:
    one = st.builds(
        lambda at_s, key, took_s: CacheLookup(at_s, key, at_s + took_s),
        st.floats(0, 20),
        st.sampled_from("abcd"),
        took_s,
    )
    return st.lists(one, max_size=60)


_LOOKUPS = _lookups(st.floats(0, 0.5))
# When answers take different times, fetching earlier can pay, so bounds hold for equal times only.
_EVEN_LOOKUPS = _lookups(st.just(0.0))


@given(_LOOKUPS, st.floats(0.1, 10))
def test_every_lookup_is_fetched_joined_or_hit(lookups: list[CacheLookup], ttl_s: float) -> None:
    found = replay(lookups, ttl_s)
    assert found.upstream + found.joined + found.hits == len(lookups)
    assert found.upstream >= len({one.key for one in lookups})


@given(_EVEN_LOOKUPS, st.floats(0.1, 10))
def test_no_cache_asks_less_than_the_warm_one_or_more_than_none(
    lookups: list[CacheLookup], ttl_s: float
) -> None:
    warm = replay(lookups, ttl_s, warm_at_s=0.0).upstream
    assert warm <= replay(lookups, ttl_s).upstream <= len(lookups)


@given(_EVEN_LOOKUPS, st.floats(0.1, 5))
def test_a_smaller_cache_never_asks_less(lookups: list[CacheLookup], ttl_s: float) -> None:
    small = replay(lookups, ttl_s, max_entries=1).upstream
    assert small >= replay(lookups, ttl_s, max_entries=4).upstream


def test_a_change_drops_an_entry_or_puts_it_in_place() -> None:
    lookups = [CacheLookup(at_s, "a", at_s) for at_s in (0.0, 1.0, 3.0)]
    edit = [OriginChange(2.0, "a")]
    assert replay(lookups, 10.0).upstream == 1
    assert replay(lookups, 10.0, edits=edit).upstream == 2
    assert replay(lookups, 10.0, edits=edit, refreshes=True).upstream == 1


def test_a_refreshed_entry_lives_from_its_change_on() -> None:
    lookups = [CacheLookup(at_s, "a", at_s) for at_s in (0.0, 1.5, 2.5)]
    assert replay(lookups, 1.0).upstream == 3
    assert (
        replay(
            lookups, 1.0, edits=[OriginChange(1.4, "a"), OriginChange(2.0, "a")], refreshes=True
        ).upstream
        == 1
    )


def test_a_change_of_another_entry_changes_nothing() -> None:
    lookups = [CacheLookup(at_s, "a", at_s) for at_s in (0.0, 1.0)]
    assert replay(lookups, 10.0, edits=[OriginChange(0.5, "b")]).upstream == 1


def test_a_flush_empties_all_entries_even_of_a_warm_cache() -> None:
    lookups = [CacheLookup(at_s, key, at_s) for at_s in (1.0, 3.0) for key in ("a", "b")]
    flush = [OriginChange(2.0, None)]
    assert replay(lookups, 10.0, warm_at_s=0.0).upstream == 0
    assert replay(lookups, 10.0, warm_at_s=0.0, edits=flush).upstream == 2
    assert replay(lookups, 10.0, edits=flush).upstream == 4


def test_a_change_of_a_warm_entry_is_fetched_once() -> None:
    lookups = [CacheLookup(at_s, "a", at_s) for at_s in (1.0, 3.0, 4.0)]
    assert replay(lookups, 10.0, warm_at_s=0.0, edits=[OriginChange(2.0, "a")]).upstream == 1


def test_counts_by_phase_add_up() -> None:
    lookups = [CacheLookup(at / 10, at % 7, at / 10 + 0.05, f"p{at % 3}") for at in range(100)]
    found = replay(lookups, 1.0)
    parts = [found.of_phase(f"p{number}") for number in range(3)]
    for field in ("upstream", "joined", "hits"):
        assert sum(getattr(part, field) for part in parts) == getattr(found, field)
    assert len(found.fetched_s) == found.upstream
