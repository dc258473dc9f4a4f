"""No secret reaches the page, the JUnit file or the JSON, wherever it stood."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from seatrial.checks import phases
from seatrial.cli.setting import Setting
from seatrial.config import Config
from seatrial.reports.html import render_page
from seatrial.reports.junit import junit_xml
from seatrial.results import Check, Result, Text, Verdict
from seatrial.testbed import CallDriver

SECRETS = {
    "in the environment": "hush-env-4711",
    "of a service": "hush-service-4712",
    "in a header": "hush-header-4713",
    "in an answer": "hush-answer-4714",
    "in a cookie": "hush-cookie-4715",
    "in a body": "hush-body-4716",
    "in a URL": "hush-url-4717",
    "in a log": "hush-log-4718",
    "as a literal header": "hush-literal-4719",
}
CONFIG = {
    "services": {"shop": {"command": ["x"], "env": {"DB_PASSWORD": SECRETS["of a service"]}}},
    "edges": {
        "e": {
            "consumer": "shop",
            "provider": "shop",
            "address_env": "X_URL",
            "trigger": {
                "method": "POST",
                "path": "/{id}",
                "headers": {
                    "Authorization": "Bearer {env.PHRASE}",
                    "X-Api-Key": SECRETS["as a literal header"],
                },
                "body": {"name": "n", "password": SECRETS["in a body"]},
            },
            "upstream": {"path": "/{id}"},
            "entity": {"path": "/x"},
            "good": {"status": [200]},
            "failed": {"status": [503]},
            "policy": {"answers_within_s": 1},
        }
    },
}


@pytest.fixture
async def result(monkeypatch: pytest.MonkeyPatch) -> Result:
    """A failed check whose call, log and explanation hold all of the secrets."""
    monkeypatch.setenv("PHRASE", SECRETS["in a header"])
    monkeypatch.setenv("CLOUD_TOKEN", SECRETS["in the environment"])
    config = Config.model_validate(CONFIG)

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].endswith(SECRETS["in a header"])
        cookie = {"set-cookie": f"sid={SECRETS['in a cookie']}"}
        return httpx.Response(
            500, headers=cookie, json={"token": SECRETS["in an answer"], "name": "n"}
        )

    driver = CallDriver(
        config.edges["e"], "http://shop", lambda: None, transport=httpx.MockTransport(answer)
    )
    call, _ = await driver.call(phases.OPEN, "u1")
    await driver.close()
    assert call.http is not None
    check = Check(
        id="chaos.a.b",
        subject="shop → shop",
        verdict=Verdict.FAILED,
        explanation=f"it said {SECRETS['in the environment']} and {SECRETS['of a service']}",
        evidence=(
            call.http,
            Text(title="log", text=f"Authorization: Bearer {SECRETS['in a log']}"),
            Text(title="log", text=f"at postgres://shop:{SECRETS['in a URL']}@db/shop"),
        ),
        rerun="seatrial chaos run a",
    )
    setting = Setting(config, Path("seatrial.toml"), 1, datetime.now(UTC), 0.0)
    return setting.result("chaos run", [check])


@pytest.mark.parametrize("place", SECRETS)
def test_no_secret_reaches_a_reader(result: Result, place: str) -> None:
    written = (render_page(result), junit_xml(result), result.model_dump_json())
    assert not any(SECRETS[place] in text for text in written)


def test_what_is_no_secret_can_be_read_and_the_command_takes_the_secret_from_outside(
    result: Result,
) -> None:
    text = junit_xml(result)
    assert 'Authorization: Bearer \'"$PHRASE"' in text
    assert "X-Api-Key: [redacted]" in text
    assert '"name":"n"' in text
    assert "http://shop/u1" in text
