"""`seatrial init --load` writes profiles that can be read, and that ask what the edge declares."""

from pathlib import Path

import pytest

from seatrial.config import Edge, load_config
from seatrial.loads.session.catalogue import read_profiles
from seatrial.loads.session.first_profile import first_profile, write_first_profiles

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def edges() -> dict[str, Edge]:
    """The reference system's."""
    return load_config(ROOT / "seatrial.toml").edges


def test_every_edge_gets_a_profile_that_can_be_read(edges: dict[str, Edge], tmp_path: Path) -> None:
    written = write_first_profiles(tmp_path / "load", edges)
    found = read_profiles(written)
    assert {profile.edge for profile in found.values()} == set(edges)
    assert write_first_profiles(tmp_path / "load", edges) == []


def test_the_request_is_the_declared_one(edges: dict[str, Edge]) -> None:
    edge = edges["card"]
    trigger = edge.trigger.model_copy(
        update={
            "method": "POST",
            "path": "/shops/{id}/orders",
            "query": {"n": "{n}"},
            "headers": {"x-token": "t"},
            "body": {"user": "it's {id}", "lines": [{"number": "{n}", "size": 3}]},
        }
    )
    text = first_profile("shop-order", edge.model_copy(update={"trigger": trigger}))
    compile(text, "shop_order.py", "exec")
    assert "f'/shops/{task.key}/orders?n={task.number}'" in text
    assert "name='/shops/{id}/orders?n={n}'" in text
    assert "'lines': [{'number': f'{task.number}', 'size': 3}]" in text
    assert "headers={'x-token': 't'}" in text
    assert "class ShopOrder(OpenLoopUser)" in text
    assert "'user': f\"it's {task.key}\"" in text
