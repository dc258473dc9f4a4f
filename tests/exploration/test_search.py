"""What a search plans, what it makes of it, and how it says what it left."""

from dataclasses import replace

import pytest

from seatrial.explore import Fault, Outcome, Plan, Point, Search, Shard, checks_of
from tests.exploration.driving import drive, failing, search_of
from tests.exploration.known import MAILCHIMP, NETFLIX, cinema, declared, leaf
from tests.exploration.toys import FAILED, Caller, System

NOTHING: Plan = frozenset()


def _fan_out(wrong: int) -> System:
    """Return a service that asks five others, and breaks once N of them fail."""

    def page(caller: Caller, _operation: str) -> str:
        failed = sum(caller.get(one) in FAILED for one in "bcdef")
        return "nonsense" if failed >= wrong else f"page without {failed}"

    return System(
        "fan-out",
        {"a": page} | {one: leaf(one) for one in "bcdef"},
        lambda journey: [journey.get("a")],
        declared(*(f"page without {number}" for number in range(5))),
        ("slow-under", "status-503", "refused"),
    )


def test_the_first_plan_is_the_journey_without_faults() -> None:
    assert Search("hire").plans() == [NOTHING]


def test_each_set_is_planned_once_and_the_smallest_come_first() -> None:
    planned: list[Plan] = []
    search = Search(NETFLIX.name, 2, reduction=False)
    while plans := search.plans():
        planned += plans
        for plan in plans:
            search.saw(NETFLIX(plan))
    assert len(planned) == len(set(planned)) > 100
    assert [len(plan) for plan in planned] == sorted(len(plan) for plan in planned)


def test_points_that_only_faults_show_are_searched_too() -> None:
    covered = search_of(cinema("a second provider", ("primary", "secondary")), 2).coverage
    secondary = Point("users-secondary", "GET /bookings/{user}")
    assert secondary in covered.alternatives
    assert {one.outcome for one in covered.of_point(secondary).values()} == {Outcome.RUN}


def test_a_wave_is_out_until_all_of_it_was_seen() -> None:
    search = Search(NETFLIX.name, 1)
    search.saw(NETFLIX(search.plans()[0]))
    wave = search.plans()
    for plan in wave[:-1]:
        search.saw(NETFLIX(plan))
        assert search.plans() == []
    search.saw(NETFLIX(wave[-1]))
    assert search.plans() != wave


def test_the_order_of_answers_changes_nothing() -> None:
    searches = [Search(NETFLIX.name, 2), Search(NETFLIX.name, 2)]
    for turn, search in zip((1, -1), searches, strict=True):
        while plans := search.plans():
            for plan in plans[::turn]:
                search.saw(NETFLIX(plan))
    assert searches[0].failures == searches[1].failures
    assert searches[0].coverage == searches[1].coverage


def test_a_set_that_contains_a_failing_one_is_not_run() -> None:
    search = search_of(_fan_out(wrong=1), 2)
    assert {len(one) for one in failing(search)} == {1}
    assert search.coverage.levels[2][Outcome.CONTAINED] > 0
    assert not any(len(one.observation.plan) == 2 for one in search.failures)


def test_a_journey_that_fails_without_faults_is_the_only_failure() -> None:
    search = search_of(_fan_out(wrong=0), 2)
    assert failing(search) == {NOTHING}
    assert search.runs == 1


def test_an_undecided_run_covers_nothing() -> None:
    system = _fan_out(wrong=9)
    search = Search(system.name, 1)
    undecided = 0
    while plans := search.plans():
        for plan in plans:
            seen = system(plan)
            if plan and next(iter(plan)).kind == "refused":
                seen, undecided = replace(seen, undecided="too slow a machine"), undecided + 1
            search.saw(seen)
    search.finish()
    assert search.coverage.count(Outcome.UNDECIDED) == undecided == 5
    assert search.coverage.exhausted_to == 0


def test_a_journey_that_proves_nothing_exhausts_nothing() -> None:
    search = Search("hire", 1)
    search.saw(replace(_fan_out(wrong=9)(search.plans()[0]), undecided="it didn't start"))
    assert search.plans() == []
    search.finish()
    assert search.coverage.exhausted_to is None


def test_what_is_left_is_counted() -> None:
    whole = search_of(NETFLIX, 2)
    part = drive(Search(NETFLIX.name, 2), NETFLIX, runs=100)
    assert part.coverage.exhausted_to == 1
    assert part.coverage.count(Outcome.LEFT) > 0
    assert part.coverage.sets == whole.coverage.sets
    assert whole.coverage.count(Outcome.LEFT) == 0


def test_a_wave_that_was_seen_in_part_counts_as_far_as_it_was_seen() -> None:
    search = Search(NETFLIX.name, 1)
    search.saw(NETFLIX(search.plans()[0]))
    wave = search.plans()
    search.saw(NETFLIX(wave[0]))
    search.finish()
    whole = search_of(NETFLIX, 1).coverage.levels[1].total()
    assert search.coverage.levels[1] == {Outcome.RUN: 1, Outcome.LEFT: whole - 1}
    assert search.coverage.exhausted_to == 0


def test_a_search_that_pauses_in_the_middle_of_waves_finds_the_same() -> None:
    whole, search = search_of(MAILCHIMP, 2), Search(MAILCHIMP.name, 2)
    while plans := search.plans():
        for plan in plans[: len(plans) // 2 + 1]:
            search.saw(MAILCHIMP(plan))
        search.pause()
    search.finish()
    assert failing(search) == failing(whole)
    assert search.coverage.sets == whole.coverage.sets
    assert search.coverage.count(Outcome.LEFT) == 0


def test_what_is_done_and_not_known_is_tried_before_what_is_merely_refused() -> None:
    def shop(caller: Caller, _operation: str) -> str:
        return caller.get("b") + caller.post("c")

    system = System(
        "shop",
        {"a": shop, "b": leaf("price"), "c": leaf("paid")},
        lambda journey: [journey.get("a")],
        {},
        ("status-404", "hang", "status-503", "kill-before", "answer-lost"),
    )
    search = Search(system.name, 1)
    search.saw(system(search.plans()[0]))
    tried = [fault for plan in search.plans() for fault in plan]
    write = Point("a-c", "POST /")
    assert [one.kind for one in tried if one.point == write][:2] == ["answer-lost", "status-503"]
    assert [one.kind for one in tried if one.point != write][:2] == ["status-503", "status-404"]
    assert {one.kind for one in tried[-4:]} == {"hang", "kill-before"}


def test_a_fallback_is_tried_before_a_retry() -> None:
    def shop(caller: Caller, _operation: str) -> str:
        if caller.get("prices") in FAILED:
            caller.get("prices")
        return caller.get("defaults") if caller.get("reviews") in FAILED else "page"

    system = System(
        "shop",
        {"a": shop} | {one: leaf(one) for one in ("prices", "reviews", "defaults")},
        lambda journey: [journey.get("a")],
        {},
        ("status-503", "status-500"),
    )
    search, pairs = Search(system.name, 2, reduction=False), list[set[str]]()
    while plans := search.plans():
        for plan in plans:
            search.saw(system(plan))
            if len(plan) == 2:
                pairs.append({one.point.edge for one in plan})
    fallback, retry = {"a-reviews", "a-defaults"}, {"a-prices"}
    assert pairs[:4] == [fallback] * 4
    assert pairs[4:8] == [retry] * 4


def test_a_level_that_was_seen_whole_is_exhausted_and_the_next_one_is_left() -> None:
    search = Search(NETFLIX.name, 2)
    wave = search.plans()
    while all(len(plan) < 2 for plan in wave):
        for plan in wave:
            search.saw(NETFLIX(plan))
        wave = search.plans()
    search.finish()
    assert search.coverage.exhausted_to == 1
    assert search.coverage.levels[2][Outcome.LEFT] > 0


def test_no_set_is_reduced_where_a_service_does_now_this_now_that() -> None:
    system = _fan_out(wrong=9)
    search, runs = Search(system.name, 2), 0
    while plans := search.plans():
        for plan in plans:
            runs += 1
            seen = system(plan)
            calls = tuple(replace(call, answer=f"{call.answer} {runs}") for call in seen.calls)
            search.saw(replace(seen, calls=calls))
    assert search.unclear
    assert search.coverage.count(Outcome.REDUCED) == 0


def test_the_order_of_a_fan_out_changes_nothing() -> None:
    system, runs = _fan_out(wrong=9), 0
    search = Search(system.name, 2)
    while plans := search.plans():
        for plan in plans:
            runs += 1
            seen = system(plan)
            first, *others = seen.calls
            search.saw(replace(seen, calls=(first, *others[:: 1 if runs % 2 else -1])))
    assert search.unclear == frozenset()
    assert search.runs == search_of(system, 2).runs


def test_random_sets_find_what_is_larger_than_the_bound_and_are_shrunk() -> None:
    system = _fan_out(wrong=4)
    search = Search(system.name, 1, seed=1)
    search.random = True
    drive(search, system, runs=400)
    assert failing(search)
    assert {len(one) for one in failing(search)} == {4}
    assert {fault.kind for one in failing(search) for fault in one} == {"status-503"}
    assert all(one.minimal for one in search.failures)
    assert search.coverage.random_runs > 0


def test_a_random_set_is_not_made_milder_by_what_breaks_without_the_rest() -> None:
    def page(caller: Caller, _operation: str) -> str:
        first, second = caller.get("b"), caller.get("c")
        wrong = first == "503" or (first == "refused" and second in FAILED)
        return "nonsense" if wrong else "page"

    system = System(
        "page",
        {"a": page, "b": leaf("b"), "c": leaf("c")},
        lambda journey: [journey.get("a")],
        declared("page"),
        ("slow-under", "status-503", "refused"),
    )
    search = Search(system.name, 1, seed=1)
    search.random = True
    drive(search, system, runs=100)
    kinds = sorted(sorted(fault.kind for fault in one) for one in failing(search))
    assert kinds == [["refused", "status-503"], ["status-503"]]


def test_a_random_set_that_no_time_was_left_to_shrink_is_not_said_to_be_the_smallest() -> None:
    system = _fan_out(wrong=4)
    search = Search(system.name, 1, seed=1)
    search.random = True
    while not search.failures:
        plans = search.plans()
        for plan in plans[:-1]:
            search.saw(system(plan))
        if any(system(plan).broke for plan in plans[:-1]):
            search.finish()
        else:
            search.saw(system(plans[-1]))
    assert not any(one.minimal for one in search.failures)
    said = [one.explanation for one in checks_of(search, "seatrial explore")]
    assert any("a smaller set may do" in one for one in said)


def test_the_same_seed_draws_the_same_sets() -> None:
    def found(seed: int) -> list[Plan]:
        search = Search("fan-out", 1, seed=seed)
        search.random = True
        drive(search, _fan_out(wrong=4), runs=200)
        return [one.observation.injected for one in search.failures]

    assert found(1) == found(1)


def test_shards_share_the_largest_sets_and_all_know_the_others() -> None:
    whole = search_of(MAILCHIMP, 2)
    shards = [drive(Search(MAILCHIMP.name, 2, shard=Shard(n, 3)), MAILCHIMP) for n in (1, 2, 3)]
    assert set().union(*map(failing, shards)) == failing(whole)
    assert sum(sum(one.coverage.levels[2].values()) for one in shards) == sum(
        whole.coverage.levels[2].values()
    )
    assert {one.coverage.levels[1].total() for one in shards} == {whole.coverage.levels[1].total()}


@pytest.mark.parametrize("kind", ["slow-under", "status-503"])
def test_a_fault_is_named_in_one_line(kind: str) -> None:
    point = Point("a-b", "GET /users/{id}", "user 1", 2)
    assert str(Fault(point, kind)) == f"{kind} at a-b: GET /users/{{id}} (user 1) #2"
