"""Arrivals are decided beforehand, by the seed alone."""

import itertools
import random
import statistics

import pytest

from seatrial.loads.plan import LoadPlan, Phase
from seatrial.loads.schedule import Due, constant, kinds, planned, poisson, schedule


def _plan(seed: int = 3, arrivals: str = "poisson", **bounds: int) -> LoadPlan:
    phases = (Phase("cold", 10.0, 50.0), Phase("spike", 5.0, 200.0))
    return LoadPlan.from_json(
        LoadPlan(phases=phases, seed=seed).to_json() | {"arrivals": arrivals} | bounds
    )


def test_constant_source_is_evenly_spaced() -> None:
    assert list(itertools.islice(constant(4.0), 4)) == [0.0, 0.25, 0.5, 0.75]


def test_poisson_source_has_the_gaps_of_independent_arrivals() -> None:
    times = list(itertools.islice(poisson(100.0, random.Random(1)), 20_000))
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert statistics.fmean(gaps) == pytest.approx(0.01, rel=0.03)
    # For exponential gaps the deviation is the mean, and one in e exceeds it.
    assert statistics.pstdev(gaps) == pytest.approx(0.01, rel=0.05)
    assert sum(gap > 0.01 for gap in gaps) / len(gaps) == pytest.approx(0.3679, abs=0.015)


def test_same_seed_gives_the_same_arrivals_and_another_seed_others() -> None:
    assert list(schedule(_plan(3))) == list(schedule(_plan(3)))
    assert list(schedule(_plan(3))) != list(schedule(_plan(4)))


def test_arrivals_are_in_order_and_inside_their_phase() -> None:
    dues = list(schedule(_plan()))
    assert [due.at_s for due in dues] == sorted(due.at_s for due in dues)
    assert all(due.at_s < 10.0 for due in dues if due.phase == "cold")
    assert all(10.0 <= due.at_s < 15.0 for due in dues if due.phase == "spike")


def test_each_phase_has_its_own_rate() -> None:
    dues = list(schedule(_plan(arrivals="constant")))
    assert sum(due.phase == "cold" for due in dues) == 500
    assert sum(due.phase == "spike" for due in dues) == 1000


def test_shares_of_a_constant_source_interleave_evenly() -> None:
    plan = _plan(arrivals="constant")
    parts: list[Due] = []
    for shard in range(4):
        parts += schedule(plan, shard=shard, shards=4)
    cold = sorted(due.at_s for due in parts if due.phase == "cold")
    gaps = [after - before for before, after in itertools.pairwise(cold)]
    assert gaps == pytest.approx([0.02] * len(gaps))


def test_shares_of_a_poisson_source_differ_and_add_up_to_the_rate() -> None:
    parts = [[due.at_s for due in schedule(_plan(), shard=shard, shards=3)] for shard in range(3)]
    assert parts[0] != parts[1] != parts[2]
    assert sum(len(part) for part in parts) == pytest.approx(1500, rel=0.1)
    assert planned(_plan(), 3) == sum(len(part) for part in parts)


def test_no_schedule_exceeds_the_bound_by_count() -> None:
    plan = _plan(max_arrivals=100)
    assert planned(plan) == 100
    assert planned(plan, 3) == 100


def test_a_mix_is_kept_to_and_repeats_with_its_seed() -> None:
    plan = LoadPlan(
        phases=(Phase("steady", 10.0, 100.0),), seed=4, mix=(("read", 3.0), ("change", 1.0))
    )
    first = list(itertools.islice(kinds(plan), 2000))
    assert first == list(itertools.islice(kinds(plan), 2000))
    assert first.count("change") == pytest.approx(500, rel=0.15)
    assert first != list(itertools.islice(kinds(plan, shard=1), 2000))


def test_a_phase_with_users_has_no_arrivals_that_could_be_planned() -> None:
    plan = LoadPlan(phases=(Phase("open", 1.0, 50.0), Phase("closed", 2.0, users=5)), seed=4)
    assert {due.phase for due in schedule(plan)} == {"open"}
    assert (plan.duration_s, plan.open_s) == (3.0, 1.0)
