"""Uses of a real Valkey and PostgreSQL are points: what only a fault there shows is found."""

import shutil
from pathlib import Path

from seatrial.explore import Fault, JourneyRunner, Observation, Point, RunnerSpec, replay
from seatrial.faults import open_engine
from seatrial.system import Session

HERE = Path(__file__).parent
CONFIG = """
[services.orders]
command = ["python", "-m", "uvicorn", "orders:app", "--port", "{{port}}"]
health = "/health"

[services.orders.env]
DEFECTS = "{defect}"
REDIS_URL = "{{redis}}"
DATABASE_URL = "{{postgres}}"

[explore]
answers_within_s = 6
recovers_within_s = 2
"""
JOURNEY = '''
from seatrial.explore import journey


@journey
async def order(system):
    """Order something, and look at it twice."""
    key = system.number()
    made = await system.post("orders", "/orders", json={"key": key, "item": "book"})
    if made.is_success:
        for _ in range(2):
            seen = await system.get("orders", f"/orders/{key}")
            assert seen.status_code == 503 or seen.json() == {"item": "book"}
'''
INVARIANT = '''
from seatrial.explore import invariant


@invariant
async def kept_once(system):
    """An order is kept once."""
    keys = (await system.get("orders", "/orders")).json()
    assert len(keys) == len(set(keys)), "an order is kept twice"
'''
KEY = "<number.id>"
INSERT, COMMIT = Point("database:orders", "INSERT orders"), Point("database:orders", "COMMIT")
SELECT = Point("database:orders", "SELECT orders")
GET, SET = (Point("valkey:orders", f"{verb} order:{{id}}", KEY) for verb in ("GET", "SET"))
GET_AGAIN = Point("valkey:orders", "GET order:{id}", KEY, 2)


def project(folder: Path, defect: str = "") -> Path:
    shutil.copy(HERE / "orders.py", folder)
    (folder / "chaos" / "journeys").mkdir(parents=True)
    (folder / "chaos" / "journeys" / "order.py").write_text(JOURNEY)
    (folder / "chaos" / "invariants.py").write_text(INVARIANT)
    (folder / "seatrial.toml").write_text(CONFIG.format(defect=defect))
    return folder / "seatrial.toml"


def single(run: JourneyRunner, point: Point, kind: str) -> Observation:
    seen = run(frozenset({Fault(point, kind)}))
    assert seen.injected == {Fault(point, kind)}
    assert seen.undecided is None
    return seen


def test_each_use_has_a_name_and_faults_that_a_sound_service_bears(tmp_path: Path) -> None:
    with RunnerSpec(project(tmp_path), "order")() as run:
        known = {
            point: kinds
            for point, kinds in run(frozenset()).alternatives.items()
            if not point.is_request
        }
        assert known == {
            INSERT: ("reset", "hang"),  # until it ends, the server undoes its transaction
            COMMIT: ("reset", "answer-lost", "hang"),
            GET: ("reset", "hang"),
            SELECT: ("reset", "hang"),
            SET: ("reset", "answer-lost", "hang"),
            GET_AGAIN: ("reset", "hang"),
        }
        for point, kinds in known.items():
            for kind in kinds:
                assert not single(run, point, kind).broke, (point, kind)


def test_an_order_that_is_stored_twice_is_found_where_a_commit_has_no_answer(
    tmp_path: Path,
) -> None:
    with RunnerSpec(project(tmp_path, "no-key"), "order")() as run:
        assert not single(run, COMMIT, "reset").broke
        assert not single(run, INSERT, "reset").broke
        assert {one.invariant for one in single(run, COMMIT, "answer-lost").broke} == {"kept_once"}


def test_a_service_that_needs_its_cache_is_found(tmp_path: Path) -> None:
    with RunnerSpec(project(tmp_path, "needs-cache"), "order")() as run:
        seen = single(run, GET_AGAIN, "reset")
        assert {one.invariant for one in seen.broke} == {"answers-as-declared"}
        assert not single(run, SET, "reset").broke
        assert not run(frozenset()).broke


def test_a_replay_says_that_the_tap_makes_a_fault_at_a_store(tmp_path: Path) -> None:
    plan, broke = frozenset({Fault(COMMIT, "answer-lost")}), ("kept_once",)
    with (
        Session() as session,
        open_engine(session, "embedded") as engine,
        RunnerSpec(project(tmp_path, "no-key"), "order")(engine) as run,
    ):
        shown = replay(run, plan, broke, engine)
    assert (shown.faithful, shown.by_tap, shown.reproduced) == (False, ("answer-lost",), True)


def test_a_service_that_runs_again_reaches_its_stores_through_the_tap(tmp_path: Path) -> None:
    ordered = Point("journey", "POST orders/orders")
    with RunnerSpec(project(tmp_path), "order")() as run:
        seen = run(frozenset({Fault(ordered, "kill-after"), Fault(GET, "reset")}))
    assert len(seen.injected) == 2
    assert not seen.broke
