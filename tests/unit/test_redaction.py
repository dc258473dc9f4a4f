"""Secrets don't reach a reader; what isn't one stays readable."""

import json

import pytest

from seatrial.redaction import REDACTED, shown_headers, without_forms, without_secrets

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        '{"user": {"password": "hunter2", "id": 7}}',
        '{"access_token": "hunter2"}',
        "{'clientSecret': 'hunter2 with \\' a quote'}",
        "POST /login?api_key=hunter2&x=1",
        "password=hunter2; next",
        "Authorization: Bearer hunter2hunter2",
        "curl -H 'X-Auth-Token: hunter2'",
        "sent bearer hunter2hunter2==",
        "postgres://shop:hunter2@db:5432/shop",
        'Set-Cookie: sid=hunter2, cookie="hunter2"',
    ],
)
def test_what_is_named_like_a_secret_or_has_its_form_is_taken_out(text: str) -> None:
    shown = without_secrets(text)
    assert "hunter2" not in shown.replace("sid=hunter2", "")
    assert REDACTED in shown


def test_json_web_tokens_are_taken_out_wherever_they_stand() -> None:
    assert JWT not in without_forms(f"it said {JWT}.")


def test_json_stays_json_with_all_that_is_harmless() -> None:
    text = json.dumps({"token": 'a"b', "name": "Ann", "tokens": 3, "note": "bearer of news"})
    shown = json.loads(without_secrets(text))
    assert shown["name"] == "Ann"
    assert shown["note"] == "bearer of news"
    assert shown["token"] == REDACTED


@pytest.mark.parametrize("text", ["GET /users/7/card 200", "the key is under the mat", "a: b@c:d"])
def test_harmless_text_is_left_as_it_is(text: str) -> None:
    assert without_secrets(text) == text


def test_headers_are_hidden_by_name_and_templates_stay() -> None:
    headers = {
        "authorization": "Bearer {env.TOKEN}",
        "x-api-key": "hunter2",
        "x-own": "hunter2",
        "idempotency-key": "7",
        "accept": "*/*",
    }
    assert shown_headers(headers, frozenset({"x-own"})) == {
        "authorization": "Bearer {env.TOKEN}",
        "x-api-key": REDACTED,
        "x-own": REDACTED,
        "idempotency-key": "7",
        "accept": "*/*",
    }
