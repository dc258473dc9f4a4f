"""Secrets never reach a file; formats are known; states are named by requests."""

import json

import pytest

from seatrial.pacts import HttpAnswer
from seatrial.recording.entities import renamed
from seatrial.recording.interaction import Pair, interaction_of, safe
from seatrial.recording.reduction import Reduced
from seatrial.recording.templates import Template, declared_template, template_of
from seatrial.recording.values import format_of, safe_form, safe_path, safe_text, without_secrets
from seatrial.tap import RecordedExchange

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ada@lovelace.org", "to"),
        ("write to ada@lovelace.org today", "text"),
        ("4242 4242 4242 4242", "number"),
        ("5555555555554444", "pan"),
        ("hunter2", "password"),
        ("abc", "apiKey"),
        ("s3cr3t", "client_secret"),
        ("xyz", "accessToken"),
        (JWT, "value"),
        ("Bearer abcdef", "header"),
        (f"see {JWT} there", "text"),
        ('{"password": "hunter2"}', "raw"),
        ("token=abc123&page=2", "query"),
        ("<password>hunter2</password>", "xml"),
        ("sk_live_51H8abcdefgh", "k"),
    ],
)
def test_a_secret_has_an_example(text: str, name: str) -> None:
    assert text not in json.dumps(without_secrets({"a": [{name: text}]}))
    assert safe_text(text, name) != text


@pytest.mark.parametrize(
    "value", ["Ada", "va", "2026-01-02", "1234567890123456", "a.b.c", 12, None]
)
def test_what_is_no_secret_stays(value: object) -> None:
    assert without_secrets({"name": value}) == {"name": value}


def test_an_answer_is_safe_in_its_headers_and_its_text() -> None:
    found = safe(HttpAnswer(b"mail ada@lovelace.org", 200, (("x-token", "abc"), ("x-a", "b"))))
    assert b"lovelace" not in found.body
    assert found.headers == (("x-token", "example-secret"), ("x-a", "b"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("4f1c1f0e-0d4f-4a58-9d0c-0f1f4f6b7a10", "uuid"),
        ("2026-01-02T03:04:05.123+02:00", "datetime"),
        ("17", "digits"),
        ("usr_17", "prefixed id"),
        ("https://example.com/a.png", "url"),
        ("Ada", None),
        ("", None),
    ],
)
def test_formats(text: str, name: str | None) -> None:
    found = format_of(text)
    assert (found.name if found else None) == name
    if found:
        assert all(found.fits(one) for one in found.alike)


@pytest.mark.parametrize(
    ("path", "shown", "states"),
    [
        ("/users/17", "/users/{id}", ["a user exists"]),
        ("/accounts/acc-1/orders/9", "/accounts/{id}/orders/{id}",
         ["an account exists", "an order exists"]),
        ("/v2/companies/4f1c1f0e-0d4f-4a58-9d0c-0f1f4f6b7a10", "/v2/companies/{id}",
         ["a company exists"]),
        ("/health", "/health", []),
        ("/oauth2/i18n/2024-01", "/oauth2/i18n/2024-01", []),
        ("/files/a8f3kd02ls", "/files/{id}", ["a file exists"]),
    ],
)  # fmt: skip
def test_states_are_named_by_the_request(path: str, shown: str, states: list[str]) -> None:
    template = template_of(path)
    assert template.shown == shown
    assert [one["name"] for one in template.states(path, 200)] == states


def test_nobody_exists_where_nothing_was_found() -> None:
    template = template_of("/users/ada", ["ada"])
    assert template.states("/users/ada", 404) == [
        {"name": "no user exists", "params": {"id": "ada"}}
    ]


def test_an_entity_is_renamed_in_texts_headers_and_ids() -> None:
    body = {"id": 17, "n": 17, "self": "/users/17", "name": "usr-17"}
    answer = HttpAnswer(json.dumps(body).encode(), 200, (("location", "/users/user-17"),))
    assert json.loads(renamed(answer, "17", "99").body) == {**body, "id": 99}
    moved = renamed(answer, "user-17", "user-99")
    assert moved.headers == (("location", "/users/user-99"),)


def exchange(**headers: str) -> RecordedExchange:
    return RecordedExchange(
        method="GET",
        path="/users/17",
        query="token=abc&page=2&page=3",
        request_headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        request_body=b"",
        status=200,
        answer_headers=(),
        answer_body=b"",
    )


def test_a_request_keeps_what_the_consumer_itself_says() -> None:
    said = {"Accept": "application/vnd.shop+json", "X_Tenant": "7", "User_Agent": "node"}
    pairs = [
        Pair(exchange(**said, Authorization="Bearer x", X_Nonce=str(place))) for place in range(2)
    ]
    document = interaction_of(
        pairs[0], pairs, template_of("/users/17"), Reduced(200), about="17", taken=set()
    )
    request = document["request"]
    assert request["headers"] == {"accept": ["application/vnd.shop+json"], "x-tenant": ["7"]}
    assert request["query"] == {"token": ["example-secret"], "page": ["2", "3"]}
    assert pairs[0].has_secrets
    assert document["description"] == "get /users/{id}"


def test_a_form_and_a_path_are_written_without_secrets() -> None:
    assert safe_form("user=ada&password=hunter2") == "user=ada&password=example-secret"
    assert safe_path("/users/ada%40lovelace.org/a%20b") == "/users/someone%40example.com/a%20b"
    assert declared_template("/v1/2024-01/users/{id}") == Template(("v1", "2024-01", "users", None))
    assert declared_template("/users/u-{id}") is None
