"""The stand-in for a broker, held to clients of Pact's own, and what they make of our results."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pact import Verifier

from seatrial.pacts.book import as_text, merge
from seatrial.pacts.broker import Broker, PactSelection
from seatrial.pacts.cases import Request
from seatrial.pacts.exercising import exercise

from .broker_stand_in import StandIn, stand_in
from .small_system import Answering, UserClient, case

TOOL = shutil.which("pact", path=str(Path(sys.executable).parent)) or shutil.which("pact")
needs_tool = pytest.mark.skipif(
    TOOL is None and "CI" not in os.environ,
    reason="Pact's command line tool isn't here: .venv/bin/uv sync --group broker brings it",
)


@pytest.fixture
def broker() -> Iterator[StandIn]:
    """One that wants a token."""
    with stand_in() as running:
        running.token = "sesame"
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one pact."""
    (tmp_path / "web-user-service.json").write_text(as_text(merge([exercise(case())])))
    return tmp_path


def tool(broker: StandIn, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Pact's command line tool against the stand-in."""
    assert TOOL is not None
    environment = {
        "PATH": os.environ["PATH"],
        "PACT_BROKER_BASE_URL": broker.url,
        "PACT_BROKER_TOKEN": "sesame",
    }
    return subprocess.run(
        [TOOL, "broker", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def deployable(broker: StandIn, version: str) -> bool:
    """Return what the tool says of a version of web."""
    asked = ("--pacticipant", "web", "--version", version, "--to-environment", "production")
    return tool(broker, "can-i-deploy", *asked).returncode == 0


@needs_tool
def test_a_version_can_be_deployed_once_its_pact_was_published_and_verified(
    broker: StandIn, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not deployable(broker, "1")
    options = ("--consumer-app-version", "1", "--branch", "main")
    published = tool(broker, "publish", str(folder), *options)
    assert published.returncode == 0, published.stdout + published.stderr
    assert not deployable(broker, "1")

    monkeypatch.setenv("PACT_BROKER_TOKEN", "sesame")
    with Broker(broker.url) as ours:
        (found,) = ours.pacts_for("user-service", PactSelection())
        assert (found.label, found.interactions[0].description) == ("1", "get a user")
        ours.publish(found.results_url, number="7", success=False, tests=[])
        assert not deployable(broker, "1")
        ours.publish(found.results_url, number="8", success=True, tests=[])
        assert deployable(broker, "1")


@needs_tool
def test_the_tool_is_refused_as_we_are(broker: StandIn, folder: Path) -> None:
    broker.token = "another"
    options = ("--consumer-app-version", "1", "--branch", "main")
    assert tool(broker, "publish", str(folder), *options).returncode != 0
    assert broker.pacts == {}


@pytest.mark.parametrize("good", [True, False])
def test_pacts_own_verifier_gets_the_pact_and_publishes_its_result(
    broker: StandIn, serve: Callable[..., Answering], good: bool
) -> None:
    broker.put(json.loads(as_text(merge([exercise(case())]))))
    running = serve({"/users/u1": (200, {"name": "Ada" if good else "Bob"})})
    verifier = Verifier("user-service", host="127.0.0.1").add_transport(url=running.url)
    source = verifier.broker_source(broker.url, token="sesame", selector=True)
    source.consumer_version(main_branch=True).build()
    verifier.set_publish_options("9", branch="main")
    if good:
        verifier.verify()
    else:
        with pytest.raises(RuntimeError):
            verifier.verify()
    assert [result["success"] for result in broker.results] == [good]
    assert broker.branches["user-service", "9"] == "main"


def test_pacts_own_verifier_publishes_a_filtered_run_as_a_success(
    broker: StandIn, serve: Callable[..., Answering]
) -> None:
    """Ours publishes nothing then: see test_broker_plugin.py. This tells when Pact mends it."""
    broken = case("get another", request=Request("GET", "/users/u2"), call=_get_another)
    broker.put(json.loads(as_text(merge([exercise(case()), exercise(broken)]))))
    running = serve({"/users/u1": (200, {"name": "Ada"})})
    verifier = Verifier("user-service", host="127.0.0.1").add_transport(url=running.url)
    source = verifier.broker_source(broker.url, token="sesame", selector=True)
    source.consumer_version(main_branch=True).build()
    verifier.filter("^get a user$").set_publish_options("9", branch="main").verify()
    assert [result["success"] for result in broker.results] == [True]


async def _get_another(client: UserClient) -> str | None:
    return await client.name_of("u2")
