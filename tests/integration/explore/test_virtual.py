"""`seatrial explore --virtual`: every run begins at the same moment, and shows the same again."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.errors import UsageError
from seatrial.explore import Fault, Observation, Plan, Point, RunnerSpec
from tests.exploration.planted.finding import project

BOOK = "book-000017"
STOCK = Point("read", "GET /stock/{id}", BOOK)
PLAIN: Plan = frozenset()
STOCK_FAILS: Plan = frozenset({Fault(STOCK, "status-503")})
STOCK_HANGS: Plan = frozenset({Fault(STOCK, "hang")})


def timeless(seen: Observation) -> Observation:
    """Return what was seen without what the machine had to do for it; virtual seconds are seen."""
    return replace(seen, cpu_s=0.0)


def broken(seen: Observation) -> set[str]:
    assert seen.undecided is None
    return {one.invariant for one in seen.broke}


def test_a_run_finds_nothing_of_the_one_before() -> None:
    with project("asgi", "caches-failure") as config, RunnerSpec(config, "look", True)() as run:
        plain = run(PLAIN)
        assert broken(run(STOCK_FAILS)) == {"recovers"}
        assert timeless(run(PLAIN)) == timeless(plain)
        assert not plain.broke


def test_the_same_plan_shows_the_same_in_another_process() -> None:
    seen = []
    for _ in range(2):
        with project("asgi") as config, RunnerSpec(config, "look", True)() as run:
            seen.append(run(STOCK_HANGS))
    assert seen[0].injected == STOCK_HANGS
    assert timeless(seen[0]) == timeless(seen[1])
    assert seen[0].cpu_s > 0


def test_what_a_run_shows_does_not_depend_on_those_before_it() -> None:
    config = Path(__file__).parents[3] / "seatrial.toml"
    with RunnerSpec(config, "look_up", True)() as run:
        kinds = run(PLAIN).alternatives
        plans = [frozenset({Fault(point, those[-1])}) for point, those in kinds.items()]
        seen = {plan: timeless(run(plan)) for plan in plans}
    assert any(fault.point.is_request for plan in plans for fault in plan)
    assert not all(fault.point.is_request for plan in plans for fault in plan)
    with RunnerSpec(config, "look_up", True)() as run:
        for plan in sorted(plans, key=lambda plan: not next(iter(plan)).point.is_request):
            assert timeless(run(plan)) == seen[plan]


def test_what_the_recovery_sends_is_among_a_runs_calls() -> None:
    with project("asgi") as config, RunnerSpec(config, "look", True)() as run:
        seen = {plan: run(plan) for plan in (PLAIN, STOCK_FAILS)}
    for plan, one in seen.items():
        points = Counter(call.point for call in one.calls)
        assert set(points.values()) == {1}, "a name is that of one request"
        after = [call for call in one.calls if call.recovery]
        assert after[0].point.operation == "GET shop/items/{id}"
        assert len(after) == 4, "the journey, and what it makes the shop ask"
        assert not {call.point for call in after} & set(one.alternatives), plan
        assert all(one.calls[call.parent].recovery for call in after if call.parent is not None)


@pytest.mark.parametrize(
    ("first", "broke"), [("/totals", {"journey"}), ("/nothing-is-here", set())]
)
def test_a_good_answer_that_the_journey_cannot_read_breaks_it(first: str, broke: set[str]) -> None:
    """Where another answer was an error, it may be that one."""
    with project("asgi") as config:
        (config.parent / "chaos/journeys/read.py").write_text(
            f"""
from seatrial.explore import journey


@journey
async def read(system):
    await system.get("shop", "{first}")
    seen = await system.get("shop", "/items/{BOOK}")
    seen.json()["reviews"][0]
"""
        )
        with RunnerSpec(config, "read", True)() as run:
            (reviews,) = (one for one in run(PLAIN).alternatives if "reviews" in one.operation)
            seen = run(frozenset({Fault(reviews, "status-503")}))
            assert broken(seen) == broke
            assert all('seen.json()["reviews"][0]' in one.explanation for one in seen.broke)


def choose(config: Path, kinds: str) -> None:
    """Let a project try only these kinds of faults."""
    config.write_text(re.sub(r"(?m)^kinds = .*$", f"kinds = {kinds}", config.read_text()))


def test_only_the_chosen_kinds_are_tried() -> None:
    with project("asgi") as config:
        choose(config, '["status-503", "hang"]')
        with RunnerSpec(config, "look", True)() as run:
            assert set(run(PLAIN).alternatives.values()) == {("status-503", "hang")}


def test_what_a_killed_service_had_in_memory_is_gone_and_it_serves_again() -> None:
    with project("asgi") as config:
        choose(config, "[]")
        with RunnerSpec(config, "buy", True)() as run:
            plain = run(PLAIN)
            (charge,) = (one for one in plain.alternatives if one.operation == "POST /charges")
            kills = {one for one in plain.alternatives[charge] if one.startswith("kill-")}
            assert kills == {"kill-before", "kill-after-effect", "kill-after", "kill-consumer"}
            for kind in sorted(kills):
                seen = run(frozenset({Fault(charge, kind)}))
                assert seen.injected == seen.plan
                assert "orders_are_paid" in broken(seen)
                assert not broken(seen) & {"recovers", "answers"}
            assert timeless(run(PLAIN)) == timeless(plain)


def test_an_invariant_that_names_services_can_ask_no_other() -> None:
    with project("asgi") as config:
        (config.parent / "chaos" / "invariants.py").write_text(
            "from seatrial.explore import invariant\n\n\n"
            "@invariant('mail')\n"
            "async def alone(system):\n"
            "    await system.get('mail', '/totals')\n"
            "    await system.get('parcels', '/totals')\n"
        )
        with (
            RunnerSpec(config, "look", True)() as run,
            pytest.raises(UsageError, match="'parcels'; there is: mail"),
        ):
            run(PLAIN)


def test_a_journey_that_waits_for_nothing_under_a_fault_proves_nothing() -> None:
    with project("asgi") as config:
        (config.parent / "chaos" / "journeys" / "waiting.py").write_text(
            "import asyncio\n\nfrom seatrial.explore import journey\n\n\n"
            "@journey\n"
            "async def wait(system):\n"
            "    answer = await system.get('shop', '/items/book-000017')\n"
            "    if not answer.is_success or answer.json().get('count') != 3:\n"
            "        await asyncio.Event().wait()\n"
        )
        with RunnerSpec(config, "wait", True)() as run:
            stopped = run(STOCK_FAILS)
            assert not run(PLAIN).broke
    assert stopped.undecided is not None
    assert "deadlock" in stopped.undecided
