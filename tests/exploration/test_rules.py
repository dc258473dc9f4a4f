"""Each rule of docs/adr/0012 is needed: a system on which the search without it misses a case."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

import pytest

import seatrial.explore.reduction as reduction
from seatrial.explore import JOURNEY, Call, Observation, Outcome, Plan, Point, Search, Violation
from tests.exploration.driving import drive, failing, search_of
from tests.exploration.known import declared, leaf
from tests.exploration.toys import FAILED, Caller, System, World


def missed(system: System, groups: Iterable[Collection[str]] | None = None) -> set[Plan]:
    """Return the failing sets that plain enumeration finds and the search doesn't."""
    plain = failing(search_of(system, 2, reduction=False))
    assert plain, "nothing is planted"
    return plain - failing(drive(Search(system.name, 2, groups=groups), system))


def _branch(provider: str, instead: str) -> Any:
    def answer(caller: Caller, _operation: str) -> str:
        return instead if caller.get(provider) in FAILED else "all of it"

    return answer


_FAILING = {"left": _branch("a", "503"), "right": _branch("b", "503")}
"""To the page, it's the same whether they fail or what they ask."""


def _two_branches(services: dict[str, Any], invariants: Any) -> System:
    """Return a page with two parts, each of which has one provider."""

    def page(caller: Caller, _operation: str) -> str:
        return f"page: {caller.get('left')} {caller.get('right')}"

    parts = {"left": _branch("a", "-"), "right": _branch("b", "-"), "a": leaf("a"), "b": leaf("b")}
    return System(
        "two parts",
        {"page": page} | parts | services,
        lambda journey: [journey.get("page")],
        invariants,
        ("slow-under", "status-503"),
    )


def test_delays_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = _two_branches({}, {"in time": lambda world, _: world.seconds < 1.5})
    assert not missed(slow)
    monkeypatch.setattr(reduction, "delays", lambda kind: False)
    assert missed(slow)


def test_states_that_are_compared_must_have_been_seen_together() -> None:
    def part(provider: str) -> Any:
        def answer(caller: Caller, _operation: str) -> str:
            caller.state["lost"] += caller.post(provider) in FAILED
            return "ok"

        return answer

    def both_lost(world: World, _answers: list[str]) -> bool:
        return not all(world.state.get(one, Counter())["lost"] for one in ("left", "right"))

    def page(caller: Caller, _operation: str) -> str:
        return f"page: {caller.post('left')} {caller.post('right')}"

    lossy = _two_branches(
        {"page": page, "left": part("a"), "right": part("b")}, {"not both": both_lost}
    )
    assert not missed(lossy)
    assert not missed(lossy, groups=[{"left", "right"}])
    assert missed(lossy, groups=[])


def test_a_run_that_broke_a_promise_vouches_for_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def page(caller: Caller, _operation: str) -> str:
        parts = {caller.get("left"), caller.get("right")}
        return "nonsense" if parts <= FAILED else "page"

    broken = _two_branches(_FAILING | {"page": page}, declared("page"))
    assert not missed(broken)
    learn = reduction.Behaviours.learn

    def vouching(self: Any, run: int, seen: Observation) -> None:
        learn(self, run, replace(seen, broke=()))

    monkeypatch.setattr(reduction.Behaviours, "learn", vouching)
    assert missed(broken)


def test_a_history_is_more_than_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    def left(caller: Caller, operation: str) -> str:
        caller.state["failures"] += caller.get(operation[-1]) in FAILED
        return "nonsense" if caller.state["failures"] > 1 else "all of it"

    sense = {"sense": lambda _, answers: "nonsense" not in answers}
    twice = replace(
        _two_branches({"left": left}, sense),
        journey=lambda journey: [journey.get("left", "a"), journey.get("left", "b")],
        recovers=False,  # it would show both failures to the same history
    )
    assert not missed(twice)
    whole = reduction.Behaviours._at

    def forgetful(self: Any, walk: Any, service: str) -> Any:
        history = whole(self, walk, service)
        if isinstance(history.step, reduction._Answered) and service != JOURNEY:
            del walk.at[service]
            return whole(self, walk, service)
        return history

    monkeypatch.setattr(reduction.Behaviours, "_at", forgetful)
    assert missed(twice)


def test_what_was_skipped_is_extended(monkeypatch: pytest.MonkeyPatch) -> None:
    def page(caller: Caller, _operation: str) -> str:
        parts = {caller.get("left"), caller.get("right"), caller.get("c")}
        return "nonsense" if parts <= FAILED else "page"

    deep = _two_branches(_FAILING | {"page": page, "c": leaf("c")}, declared("page"))
    plain = failing(search_of(deep, 3, reduction=False))
    assert failing(search_of(deep, 3)) == plain
    assert {len(one) for one in plain} == {3}
    monkeypatch.setattr(Search, "_reduce", lambda self, plan, found: None)
    assert failing(search_of(deep, 3)) < plain


def test_uses_of_what_was_skipped_are_points(monkeypatch: pytest.MonkeyPatch) -> None:
    def page(caller: Caller, _operation: str) -> str:
        parts = {caller.get("left"), caller.get("right")}
        return "page" if not parts <= FAILED or caller.use("SELECT parts") else "nonsense"

    deep = _two_branches(_FAILING | {"page": page}, declared("page"))
    plain = failing(search_of(deep, 3, reduction=False))
    assert failing(search_of(deep, 3)) == plain
    assert {len(one) for one in plain} == {3}
    learn = reduction.Behaviours.learn
    monkeypatch.setattr(
        reduction.Behaviours,
        "learn",
        lambda self, run, seen: learn(self, run, replace(seen, alternatives={})),
    )
    assert failing(search_of(deep, 3)) < plain


def test_a_use_that_fails_may_touch_every_service(monkeypatch: pytest.MonkeyPatch) -> None:
    def left(caller: Caller, _operation: str) -> str:
        caller.world.state["cache"] = Counter(lost=not caller.use("SET parts"))
        return "all of it"

    def right(caller: Caller, _operation: str) -> str:
        lost = caller.world.state.get("cache", Counter())["lost"]
        return "nonsense" if caller.get("b") in FAILED and lost else "all of it"

    sense = {"sense": lambda _, answers: "nonsense" not in answers[0]}
    shared = _two_branches({"left": left, "right": right}, sense)
    assert not missed(shared)
    monkeypatch.setattr(reduction.Behaviours, "_others", lambda self, plan: ())
    assert missed(shared)


def test_the_recovery_is_part_of_what_a_run_shows() -> None:
    def part(provider: str) -> Any:
        def answer(caller: Caller, _operation: str) -> str:
            failed_before = caller.state["failed"]
            caller.state["failed"] += caller.get(provider) in FAILED
            return "old" if failed_before else "all of it"

        return answer

    def page(caller: Caller, _operation: str) -> str:
        return "503" if {caller.get("left"), caller.get("right")} == {"old"} else "page"

    def recovers(_world: World, answers: list[str]) -> bool:
        return answers[1] == "page"

    parts = {"page": page, "left": part("a"), "right": part("b")}
    whole = replace(
        _two_branches(parts, {"recovers": recovers}),
        journey=lambda journey: [journey.get("page"), journey.get("page")],
    )

    class WithoutRecovery(System):
        """The second page is the recovery, and none of its calls are told."""

        def __call__(self, plan: Plan) -> Observation:
            seen = super().__call__(plan)
            first = [one.consumer for one in seen.calls].index(JOURNEY, 1)
            calls = seen.calls[:first]
            points = {one.point for one in calls}
            kinds = {point: kinds for point, kinds in seen.alternatives.items() if point in points}
            return replace(seen, calls=calls, alternatives=kinds, answers=seen.answers[:1])

    assert not missed(whole)
    assert missed(WithoutRecovery(**vars(whole) | {"recovers": False}))


def test_a_consumer_that_is_killed_is_not_one_whose_provider_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed = replace(
        _two_branches(_FAILING, declared("page: all of it all of it")), kinds=("kill-consumer",)
    )
    assert not missed(killed)
    assert search_of(killed, 2).unclear == frozenset()
    monkeypatch.setattr(reduction, "ends_consumer", lambda kind: False)
    assert search_of(killed, 2).unclear == {"page"}


def test_a_kill_that_ends_another_request_says_nothing_of_runs_without_it() -> None:
    first, second, other = (Point(name, "GET /") for name in ("page-a", "page-a2", "page-b"))

    def run(plan: Plan) -> Observation:
        """Ask one provider twice at once, so that its end at the second request is both's."""
        kinds = {one.point: one.kind for one in plan}
        ended = kinds.get(second) == "kill-before"
        asked = [
            Call(
                point,
                "page",
                point.edge[5],
                0,
                point.edge,
                "none" if point in kinds or (ended and point == first) else "all of it",
                kinds.get(point),
            )
            for point in (first, second, other)
        ]
        answer = "page" if {one.answer for one in asked} == {"all of it"} else "part of a page"
        page = Call(Point("journey-page", "GET /"), JOURNEY, "page", None, "", answer)
        alternatives = {first: ("reset",), second: ("reset", "kill-before"), other: ("reset",)}
        return Observation("killed", plan, plan, (page, *asked), (answer,), alternatives)

    search = Search("killed", 2)
    while plans := search.plans():
        for plan in plans:
            search.saw(run(plan))
    assert search.unclear == frozenset()
    assert search.coverage.exhausted_to == 2


def test_a_fault_that_is_no_request_may_touch_every_service() -> None:
    process, request = Point("process:a", "kill"), Point("page-a", "GET /")

    def run(plan: Plan) -> Observation:
        """Break something once the process was killed and the request failed, which nobody sees."""
        kinds = {one.point: one.kind for one in plan}
        answer = "503" if request in kinds else "a"
        return Observation(
            "process",
            plan,
            plan,
            (
                Call(Point("journey-page", "GET /"), JOURNEY, "page", None, "", "page"),
                Call(request, "page", "a", 0, "", answer, kinds.get(request)),
            ),
            ("page",),
            {request: ("status-503",), process: ("kill",)},
            (Violation("stays-up", "a process ended"),) if len(plan) == 2 else (),
        )

    search = Search("process", 2)
    while plans := search.plans():
        for plan in plans:
            search.saw(run(plan))
    assert {len(one) for one in failing(search)} == {2}
    assert search.coverage.count(Outcome.REDUCED) == 0
