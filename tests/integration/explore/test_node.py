"""`seatrial explore` on services in Node: a fan-out in parallel, kept-alive connections."""

import shutil
from pathlib import Path

import pytest

from seatrial.explore import Observation, RunnerSpec, Search

HERE = Path(__file__).parent
SERVICE = """
[services.{name}]
command = ["node", "basket.js", "{name}"]
health = "/health"
"""
ADDRESSES = 'addresses = { PRICES = "prices", STOCK = "stock" }\n'
JOURNEY = """
from seatrial.explore import journey


@journey
async def look(system):
    assert (await system.get("basket", "/basket")).status_code == 200
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
def test_every_single_fault_is_tried_and_the_one_mistake_found(tmp_path: Path) -> None:
    shutil.copy(HERE / "basket.js", tmp_path)
    services = [SERVICE.format(name=name) for name in ("basket", "prices", "stock")]
    services[0] += ADDRESSES
    (tmp_path / "seatrial.toml").write_text("".join(services))
    (tmp_path / "chaos" / "journeys").mkdir(parents=True)
    (tmp_path / "chaos" / "journeys" / "look.py").write_text(JOURNEY)
    search = Search("look", 1)
    seen: list[Observation] = []
    with RunnerSpec(tmp_path / "seatrial.toml", "look")() as run:
        while (plans := search.plans()) and not search.exhausted:
            for plan in plans:
                seen.append(run(plan))
                search.saw(seen[-1])
    assert [one.undecided for one in seen if one.undecided] == []
    points = seen[0].alternatives
    assert {point.about for point in points if point.edge == "basket->prices"} == {
        "book-000001",
        "book-000002",
        "book-000003",
    }
    assert len(seen) == 1 + sum(map(len, points.values()))
    broke = {str(fault) for one in seen if one.broke for fault in one.injected}
    assert broke == {"status-404 at basket->stock: GET /stock/{id} (book-000001) #1"}
