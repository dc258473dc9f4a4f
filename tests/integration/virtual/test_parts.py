"""Scenarios that run together in virtual time: each is judged, or said to prove nothing."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.checks import phases
from seatrial.config import load_config
from seatrial.errors import UsageError
from seatrial.scenarios import BatchRun, LiveEdge, Part, Scenario, scenario
from seatrial.virtual import VirtualTestbed, run_parts_virtually

PROJECT = """
[services.shop]
app = "parts_shop:shop"
[services.stock]
app = "parts_shop:stock"
[edges.stock]
consumer = "shop"
provider = "stock"
address_env = "STOCK_URL"
trigger = { path = "/items/{id}" }
upstream = { path = "/stock/{id}" }
good = { status = [200] }
failed = { status = [500] }
entity = { method = "POST", path = "/stock", id = "id" }
policy = { retry = { attempts = 1, attempt_timeout_s = 1 } }
"""
APPS = """
import os
import httpx
from fastapi import FastAPI

STOCK_URL = os.environ.get("STOCK_URL", "")
shop, stock = FastAPI(), FastAPI()
stock.state.items = []

@stock.post("/stock")
async def add():
    stock.state.items.append(str(len(stock.state.items)))
    return {"id": stock.state.items[-1]}

@stock.get("/stock/{item}")
async def count(item: str):
    return {"id": item, "count": 3}

@shop.get("/items/{item}")
async def show(item: str):
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        return (await client.get(f"{STOCK_URL}/stock/{item}")).json()
"""


@scenario(checks=[], phases=[phases.MIXED])
async def uses_many(edge: LiveEdge) -> None:
    """Call about more than are made at first."""
    await edge.calls(phases.MIXED, 40)


@scenario(checks=[], phases=[phases.MIXED])
async def uses_few(edge: LiveEdge) -> None:
    """Call about a few."""
    await edge.calls(phases.MIXED, 3)


@scenario(checks=[], phases=[phases.MIXED], entities=3)
async def asks_for_too_few(edge: LiveEdge) -> None:
    """Call about more than are declared."""
    await edge.calls(phases.MIXED, 4)


@scenario(checks=[], phases=[])
async def waits_for_nothing(edge: LiveEdge) -> None:
    """Wait, for ever."""
    await asyncio.Event().wait()


@scenario(checks=[], phases=[])
async def is_wrong(edge: LiveEdge) -> None:
    """Fail, through no fault of the edge."""
    raise LookupError("nothing of the kind")


def run(folder: Path, *scenarios: Scenario, apps: str = APPS) -> BatchRun:
    """Run scenarios on the shop."""
    (folder / "seatrial.toml").write_text(PROJECT)
    (folder / "parts_shop.py").write_text(apps)
    config = load_config(folder / "seatrial.toml", virtual=True)
    parts = [Part(one, None, {}) for one in scenarios]
    return run_parts_virtually(VirtualTestbed(config, folder, "stock"), parts)


def entities(batch: BatchRun) -> dict[str, list[str]]:
    return {
        run.part.scenario.name: [call.entity for call in run.evidence.calls] for run in batch.runs
    }


def test_together_parts_show_what_they_show_alone_in_their_order(tmp_path: Path) -> None:
    alone = [entities(run(tmp_path, one)) for one in (uses_many, uses_few)]
    together = entities(run(tmp_path, uses_many, uses_few))
    assert list(together) == ["uses_many", "uses_few"]
    assert together == alone[0] | alone[1]
    assert len(together["uses_many"]) == 1 + 40


def test_a_part_that_proves_nothing_leaves_the_others(tmp_path: Path) -> None:
    batch = run(tmp_path, waits_for_nothing, uses_few, asks_for_too_few)
    assert list(entities(batch)) == ["uses_few"]
    deadlocked, short = batch.invalid
    assert deadlocked.startswith("stock/waits_for_nothing: deadlock")
    assert (
        short == "stock/asks_for_too_few: the scenario makes more calls than it asked entities for"
    )


def test_a_mistake_of_a_scenario_is_shown_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="nothing of the kind") as caught:
        run(tmp_path, uses_few, is_wrong)
    assert "in is_wrong" in caught.value.__notes__[0]


def test_an_application_that_can_not_be_loaded_is_the_callers_mistake(tmp_path: Path) -> None:
    broken = APPS.replace("import os\n", "import os\nif 'STOCK_URL' in os.environ: shop_has_no\n")
    with pytest.raises(UsageError, match=r"services\.shop\.app: .*shop_has_no"):
        run(tmp_path, uses_few, uses_many, apps=broken)


def test_a_provider_that_makes_no_entities_proves_nothing_for_any(tmp_path: Path) -> None:
    refusing = APPS.replace('@stock.post("/stock")', '@stock.post("/elsewhere")')
    batch = run(tmp_path, uses_few, uses_many, apps=refusing)
    assert batch.runs == []
    assert [one.partition(":")[0] for one in batch.invalid] == ["stock/uses_few", "stock/uses_many"]


STARTED = (
    APPS
    + """
import pathlib
if STOCK_URL:
    started = pathlib.Path(__file__).with_name("started")
    started.write_text(started.read_text() + "." if started.exists() else ".")

seen = []

@shop.middleware("http")
async def count(request, call_next):
    seen.append(request)
    answer = await call_next(request)
    answer.headers["retry-after"] = str(len(seen))
    return answer
"""
)


def test_a_consumer_is_started_once_for_parts_and_remembers_nothing_of_others(
    tmp_path: Path,
) -> None:
    changes_them = replace(uses_few, name="changes_them", own_entities=True)
    batch = run(tmp_path, uses_few, waits_for_nothing, changes_them, apps=STARTED)
    assert (tmp_path / "started").read_text() == "."
    counted = [[call.retry_after for call in one.evidence.calls] for one in batch.runs]
    assert counted == [["1", "2", "3", "4"]] * 2
    assert len(batch.invalid) == 1


def test_a_consumer_that_does_not_start_proves_nothing_for_any(tmp_path: Path) -> None:
    refusing = (
        APPS
        + """
import contextlib

@contextlib.asynccontextmanager
async def refuse(app):
    raise RuntimeError("no")
    yield

if STOCK_URL:
    shop.router.lifespan_context = refuse
"""
    )
    batch = run(tmp_path, uses_few, waits_for_nothing, apps=refusing)
    assert batch.runs == []
    assert [one.partition(".")[0] for one in batch.invalid] == [
        "stock/uses_few: services",
        "stock/waits_for_nothing: services",
    ]


@scenario(checks=[], phases=[])
async def is_interrupted(edge: LiveEdge) -> None:
    """Press Ctrl-C, which the process that runs the parts of one consumer is told, too."""
    os.kill(os.getppid(), signal.SIGINT)


def test_what_is_interrupted_ends_and_keeps_what_was_seen(tmp_path: Path) -> None:
    others = [replace(uses_few, name=f"uses_few_{number}") for number in range(30)]
    batch = run(tmp_path, uses_few, is_interrupted, *others)
    assert batch.interrupted
    assert list(entities(batch)) == ["uses_few"]
