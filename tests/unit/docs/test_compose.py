"""docker-compose.test.yml: what it says twice agrees, and each container is confined."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from seatrial.config import load_config

ROOT = Path(__file__).parents[3]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.test.yml").read_text())[
    "services"
]


def test_what_is_on_trial_has_the_times_that_are_declared() -> None:
    declared = load_config(ROOT / "seatrial.toml").services["marketplace-service"].env
    environment = SERVICES["on-trial"]["environment"]
    prefix = "USER_CLIENT_"
    assert {key: value for key, value in environment.items() if key.startswith(prefix)} == {
        key: value for key, value in declared.items() if key.startswith(prefix)
    }


def test_the_harness_is_told_where_the_others_are() -> None:
    config = load_config(ROOT / "seatrial.compose.toml")
    listen = config.edges["card"].listen
    assert listen is not None
    port = listen.rpartition(":")[2]
    environment = SERVICES["on-trial"]["environment"]
    assert environment["USER_SERVICE_URL"] == f"http://toxiproxy:{port}"
    assert config.services["marketplace-service"].url == f"http://on-trial:{environment['PORT']}"
    assert config.services["user-service"].url == "http://user-service:3001"


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_is_confined_and_pinned(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in service
    assert not service["image"].endswith(":latest")
    assert ":" in service["image"]
    if name != "postgres":  # its entrypoint gives its rights up itself
        assert service["user"] == "10001:10001"
