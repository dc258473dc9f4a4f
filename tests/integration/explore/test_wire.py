"""`seatrial explore` on processes: it finds what is planted, and nothing else."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from seatrial.errors import UsageError
from seatrial.explore import Fault, Observation, Plan, Point, RunnerSpec
from seatrial.faults import open_engine
from seatrial.system import Session

HERE = Path(__file__).parent

CONFIG = """
[services.front]
command = ["python", "shop.py", "front"]
health = "/health"
addresses = {{ PRICES_URL = "prices" }}
env = {{ DEFECTS = "{defects}", KEPT = "{{dir}}/orders.json" }}

[services.prices]
command = ["python", "shop.py", "prices"]
health = "/health"

[services.payments]
command = ["python", "shop.py", "payments"]
health = "/health"

[edges.pay]
consumer = "front"
provider = "payments"
address_env = "PAYMENTS_URL"

[edges.pay.policy]
idempotency = {{ header = "Idempotency-Key" }}
retry = {{ attempts = 2 }}

[explore]
answers_within_s = 4
recovers_within_s = 2
"""

JOURNEYS = '''
from seatrial.explore import journey


@journey
async def buy(system):
    """Look at something and order it."""
    seen = await system.get("front", "/items/book-000017")
    assert seen.status_code == 200
    ordered = await system.post("front", "/orders", json={"item": seen.json()["id"]})
    assert ordered.status_code == 201
'''

INVARIANT = """
from seatrial.explore import invariant


@invariant
async def charges_are_counted(system):
    assert (await system.get("payments", "/charges")).status_code == 200
"""

PRICE = Point("front->prices", "GET /prices/{id}", "book-000017")
CHARGE = Point("pay", "POST /charges")
AGAIN = Point("pay", "POST /charges", ordinal=2)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(HERE / "shop.py", tmp_path)
    journeys = tmp_path / "chaos" / "journeys"
    journeys.mkdir(parents=True)
    (journeys / "buy.py").write_text(JOURNEYS)
    return tmp_path


class Shop:
    """Runs plans of the journey `buy`."""

    def __init__(self, run: RunnerSpec) -> None:
        self._run = run()

    def __call__(self, *faults: tuple[Point, str]) -> Observation:
        """Run one."""
        plan: Plan = frozenset(Fault(*one) for one in faults)
        return self._run(plan)

    def close(self) -> None:
        """End it."""
        self._run.close()


@contextmanager
def shop(project: Path, defects: str = "") -> Iterator[Shop]:
    (project / "seatrial.toml").write_text(CONFIG.format(defects=defects))
    running = Shop(RunnerSpec(project / "seatrial.toml", "buy"))
    try:
        yield running
    finally:
        running.close()


def broken(seen: Observation) -> set[str]:
    assert seen.undecided is None
    return {one.invariant for one in seen.broke}


def test_shop_without_mistakes_keeps_all_promises(project: Path) -> None:
    with shop(project) as run:
        plain = run()
        assert {call.point for call in plain.calls} >= {PRICE, CHARGE}
        assert plain.alternatives[PRICE][0] == "status-503"
        assert "answer-lost" in plain.alternatives[CHARGE]
        assert not plain.broke
        for fault in ((PRICE, "status-403"), (PRICE, "hang"), (PRICE, "half-body")):
            assert not broken(run(fault))
        retried = run((CHARGE, "answer-lost"))
        assert not broken(retried)
        assert AGAIN in {call.point for call in retried.calls}
        assert not broken(run((CHARGE, "half-body"))), "half an id isn't another one"
        assert not broken(run((CHARGE, "reset"), (AGAIN, "reset")))
        for kind in ("kill-before", "kill-consumer", "pause"):
            seen = run((CHARGE, kind))
            assert seen.injected == {Fault(CHARGE, kind)}
            assert not broken(seen)


LOOK = '''

@journey
async def look(system):
    """Look at something."""
    await system.get("front", "/items/book-000017")
'''


def processes_in(folder: Path) -> int:
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            found += (process / "cwd").readlink() == folder.resolve()
    return found


def test_journeys_of_one_worker_share_its_processes(project: Path) -> None:
    with (project / "chaos" / "journeys" / "buy.py").open("a") as journeys:
        journeys.write(LOOK)
    with shop(project) as run:
        assert not broken(run())
        services = processes_in(project)
        with RunnerSpec(project / "seatrial.toml", "look")() as another:
            assert not broken(another(frozenset({Fault(PRICE, "reset")})))
            assert processes_in(project) == services > 0
        assert not broken(run()), "what one leaves, another still uses"
    assert processes_in(project) == 0


def test_calls_know_during_which_they_were_made(project: Path) -> None:
    with shop(project) as run:
        calls = run().calls
    by_point = {call.point.edge: call for call in calls}
    assert calls[by_point["front->prices"].parent or 0].point.operation.startswith("GET front")
    assert calls[by_point["pay"].parent or 0].point.operation == "POST front/orders"


@pytest.mark.parametrize(
    ("defect", "faults", "invariant"),
    [
        ("raises-403", [(PRICE, "status-403")], "answers-as-declared"),
        ("waits-for-ever", [(PRICE, "hang")], "answers-in-time"),
        ("new-key", [(CHARGE, "answer-lost")], "one-effect"),
        ("new-key", [(CHARGE, "reset"), (AGAIN, "status-404")], None),
    ],
)
def test_planted_mistake_is_found(
    project: Path, defect: str, faults: list[tuple[Point, str]], invariant: str | None
) -> None:
    with shop(project, defect) as run:
        assert broken(run(*faults)) == ({invariant} if invariant else set())


def test_whether_a_repeated_post_had_one_effect_is_undecided_until_an_invariant_asks(
    project: Path,
) -> None:
    reminder = Point("pay", "POST /reminders")
    with shop(project, "reminds") as run:
        seen = run((reminder, "answer-lost"))
    assert not seen.broke
    assert str(seen.undecided).startswith("payments did POST /reminders 2 times without an")
    (project / "chaos" / "invariants.py").write_text(INVARIANT)
    with shop(project, "reminds") as run:
        assert not broken(run((reminder, "answer-lost")))


def test_a_journey_that_does_not_work_says_what_was_answered_and_printed(project: Path) -> None:
    text = JOURNEYS.replace('{"item": seen.json()["id"]}', "{}")
    (project / "chaos" / "journeys" / "buy.py").write_text(text)
    with shop(project) as run, pytest.raises(UsageError) as raised:
        run()
    said = r"buy doesn't work without faults: AssertionError: .*; step 2, POST front/orders was"
    assert re.search(
        rf"{said} answered 500; front printed KeyError: 'item' \(shop.py:\d+\)", str(raised.value)
    )


def test_the_error_behind_an_answer_is_said(project: Path) -> None:
    with shop(project, "raises-403") as run:
        (broke,) = run((PRICE, "status-403")).broke
        assert "front printed urllib.error.HTTPError: HTTP Error 403" in broke.in_full
        assert "printed" not in broke.explanation, "it needn't be the same in the next run"


def test_a_service_that_ends_by_itself_is_not_waited_for(project: Path) -> None:
    with shop(project, "dies") as run:
        seen = run((PRICE, "status-503"))
        assert broken(seen) == {"stays-up"}, "what else doesn't work follows from that"
        assert "front ended with status 3" in seen.broke[-1].explanation
        assert not broken(run()), "the next run has it again"


def test_another_kind_that_breaks_the_same_there_is_run_once(project: Path) -> None:
    ran = project / "ran"
    counted = f"    with open({str(ran)!r}, 'a') as file:\n        file.write('.')\n"
    text = JOURNEYS.replace("    seen =", counted + "    seen =")
    (project / "chaos" / "journeys" / "buy.py").write_text(text)
    with shop(project, "new-key") as run:
        run()
        times = []
        for kind in ("half-body", "answer-lost"):
            before = len(ran.read_text())
            assert broken(run((CHARGE, kind))) == {"one-effect"}
            times.append(len(ran.read_text()) - before)
    assert times == [4, 2], "the first is looked at twice, each time with the try to recover"


def test_what_was_acknowledged_is_there_after_a_crash(project: Path) -> None:
    look = """    seen = await system.get("front", f"/orders/{ordered.json()['id']}")
    assert seen.status_code == 200
"""
    (project / "chaos" / "journeys" / "buy.py").write_text(JOURNEYS + look)
    order = Point("journey", "POST front/orders")
    with shop(project) as run:
        assert run().alternatives[order] == ("kill-after",)
        seen = run((order, "kill-after"))
        assert seen.injected == {Fault(order, "kill-after")}
        assert not broken(seen)
        assert [call.fault for call in seen.calls if call.point == order] == ["kill-after"]
    with shop(project, "orders-in-memory") as run:
        seen = run((order, "kill-after"))
    assert broken(seen) == {"keeps-acknowledged"}


def test_fault_that_nothing_reaches_is_not_taken_for_injected(project: Path) -> None:
    with shop(project) as run:
        seen = run((AGAIN, "reset"))
    assert not seen.injected
    assert not seen.broke


def test_what_a_journey_asks_for_twice_may_be_done_twice(project: Path) -> None:
    again = '    await system.post("front", "/orders", json={"item": seen.json()["id"]})\n'
    (project / "chaos" / "journeys" / "buy.py").write_text(JOURNEYS + again)
    with shop(project) as run:
        assert not broken(run((CHARGE, "half-body")))
    with shop(project, "new-key") as run:
        assert broken(run((CHARGE, "half-body"))) == {"one-effect"}


@pytest.mark.parametrize(
    ("defect", "point", "kind", "invariant"),
    [
        ("raises-half", PRICE, "half-body", "answers-as-declared"),
        ("waits-for-ever", PRICE, "hang", "answers-in-time"),
        ("new-key", CHARGE, "answer-lost", "one-effect"),
        ("", PRICE, "reset", None),
        ("", PRICE, "close", None),
        ("", CHARGE, "reset", None),
        ("", PRICE, "slow-over", None),
    ],
)
def test_case_is_reproduced_by_toxics(
    project: Path, defect: str, point: Point, kind: str, invariant: str | None
) -> None:
    (project / "seatrial.toml").write_text(CONFIG.format(defects=defect))
    spec = RunnerSpec(project / "seatrial.toml", "buy")
    plan = frozenset({Fault(point, kind)})
    name = os.environ.get("ENGINE", "embedded")
    with Session() as session, open_engine(session, name) as engine, spec(engine) as run:
        seen = run(plan)
    assert seen.injected == plan
    assert broken(seen) == ({invariant} if invariant else set())
    hit = next(call for call in seen.calls if call.fault)
    passed_on = {"half-body": "200, and half a body", "slow-over": '200 {"price": 5}'}
    assert hit.answer == passed_on.get(kind, "none")
    # A consumer whose attempt timed out shows no price; one that got the answer does.
    looked = next(call for call in seen.calls if call.point.operation.startswith("GET front"))
    assert ('"price": 5' in looked.answer) is (point != PRICE)
