"""Nothing secret of the environment reaches a result."""

from datetime import UTC, datetime

import pytest

from seatrial.cli.secrets import hidden
from seatrial.config import Config
from seatrial.results import Check, Result, RunVerdict, Verdict

CONFIG = Config.model_validate(
    {
        "services": {
            "shop": {
                "command": ["x"],
                "env": {
                    "API_TOKEN": "tok-12345678",
                    "DATABASE_URL": "postgres://user:hunter2hunter2@db/shop",
                    "ATTEMPTS": "3",
                    "SHORT_KEY": "abc",
                },
            }
        }
    }
)


def result(*texts: str) -> Result:
    """A result that says these texts everywhere it can."""
    check = Check(
        id="chaos.x",
        subject=texts[0],
        verdict=Verdict.FAILED,
        explanation=" ".join(texts),
        rerun="seatrial chaos run x",
    )
    return Result(
        command="chaos run",
        verdict=RunVerdict.FAILED,
        seed=1,
        started=datetime(2026, 1, 1, tzinfo=UTC),
        duration_s=1.0,
        checks=(check,),
        notes=texts,
    )


def test_secrets_of_a_service_are_replaced_by_their_names() -> None:
    shown = hidden(result("it said tok-12345678", "at user:hunter2hunter2@db", "3 abc"), CONFIG)
    text = shown.model_dump_json()
    assert "tok-12345678" not in text
    assert "hunter2" not in text
    assert shown.notes == ("it said [API_TOKEN]", "at user:[DATABASE_URL]@db", "3 abc")


def test_secrets_of_this_process_are_replaced_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_SECRET", 'with "quotes" and \\')
    monkeypatch.setenv("PLAIN", "visible-value")
    shown = hidden(result('x with "quotes" and \\ y visible-value'), None)
    assert shown.notes == ("x [CLOUD_SECRET] y visible-value",)


def test_result_without_secrets_is_left_as_it_is() -> None:
    found = result("all is well")
    assert hidden(found, CONFIG) is found


def test_working_directory_is_not_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PWD", "/home/somebody/shop")
    found = result("at /home/somebody/shop/server.py")
    assert hidden(found, CONFIG) is found


def test_tokens_in_headers_are_hidden_whatever_their_variables_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PHRASE", "swordfish-9")
    edge = {
        "consumer": "shop",
        "provider": "shop",
        "address_env": "X_URL",
        "trigger": {"path": "/{id}"},
        "upstream": {"path": "/{id}"},
        "entity": {"path": "/x", "headers": {"Authorization": "Bearer {env.PHRASE}"}},
        "good": {"status": [200]},
        "failed": {"status": [503]},
        "policy": {"answers_within_s": 1},
    }
    config = Config.model_validate({"services": {"shop": {"command": ["x"]}}, "edges": {"e": edge}})
    shown = hidden(result("401: Bearer swordfish-9"), config)
    assert shown.notes == ("401: Bearer [PHRASE]",)
