"""The judge in process says of every mutant what Pact's verifier says of it."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from contracts import PACTS
from seatrial.pacts.answers import Answer, HttpAnswer
from seatrial.pacts.files import read_pact
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import HTTP, kind_of
from seatrial.pacts.strength.mutants import mutants

from .verifier import accepted

Named = tuple[str, Interaction, Answer]


def of(interaction: Interaction) -> Iterator[Named]:
    answer = kind_of(interaction).example(interaction)
    yield "as it is", interaction, answer
    for mutant in mutants(answer):
        yield mutant.name, interaction, mutant.answer


def assert_agreement(asked: list[Named], folder: Path) -> None:
    theirs = accepted([(interaction, answer) for _, interaction, answer in asked], folder)
    matchers = {id(one): kind_of(one).judge(one) for _, one, _ in asked}
    disputed = [
        (interaction.subject, name, matchers[id(interaction)](answer) or "accepted")
        for (name, interaction, answer), other in zip(asked, theirs, strict=True)
        if (matchers[id(interaction)](answer) is None) is not other
    ]
    assert not disputed
    assert True in theirs
    assert False in theirs


def answers_once(interactions: tuple[Interaction, ...], *, messages: bool) -> list[Named]:
    """Each mutant once: interactions that differ in their states alone have the same ones."""
    found: dict[tuple[str, Answer | str], Named] = {}
    for interaction in interactions:
        if ("response" not in interaction.document) is messages:
            part = interaction.document.get("response", interaction.document.get("contents"))
            for name, one, answer in of(interaction):
                found.setdefault((str(part), repr(answer)), (name, one, answer))
    return list(found.values())


@pytest.mark.parametrize("path", sorted(PACTS.glob("*.json")), ids=lambda path: path.stem)
def test_judges_agree_on_every_mutant_of_every_committed_pact(path: Path, tmp_path: Path) -> None:
    interactions = read_pact(path).interactions
    for messages in (False, True):
        asked = answers_once(interactions, messages=messages)
        if asked:
            assert_agreement(asked, tmp_path)


def interaction(response: Mapping[str, Any]) -> Interaction:
    document = {
        "type": "Synchronous/HTTP",
        "description": "made up",
        "request": {"method": "GET", "path": "/"},
        "response": response,
    }
    return Interaction("consumer", "provider", document)


def rules(*matchers: Mapping[str, Any], combine: str = "AND") -> dict[str, Any]:
    return {"combine": combine, "matchers": list(matchers)}


BODY = {
    "content": {"items": [{"id": "a", "n": 1, "on": True, "tags": ["x"]}], "next": None},
    "contentType": "application/json",
    "encoded": False,
}
MADE_UP = (
    interaction(
        {
            "status": 200,
            "headers": {"Content-Type": ["application/json"]},
            "body": BODY,
            "matchingRules": {
                "body": {
                    "$.items": rules({"match": "type", "min": 1}),
                    "$.items[*].id": rules({"match": "type"}, {"match": "regex", "regex": "[a-z]"}),
                    "$.items[*].n": rules({"match": "integer"}),
                    "$.items[*].on": rules({"match": "boolean"}),
                    "$.items[*].tags": rules({"match": "type"}),
                    "$.next": rules({"match": "null"}, {"match": "type"}, combine="OR"),
                }
            },
        }
    ),
    interaction(
        {
            "status": 503,
            "headers": {
                "Retry-After": ["2"],
                "Vary": ["Accept", "Origin"],
                "X-Many": ["a, b"],
                "Content-Type": ["application/problem+json"],
            },
            "body": {
                "content": {"title": "away"},
                "contentType": "application/problem+json",
                "encoded": False,
            },
            "matchingRules": {
                "header": {"Retry-After": rules({"match": "regex", "regex": r"\d+"})},
                "status": rules({"match": "statusCode", "status": "serverError"}),
                "body": {"$.title": rules({"match": "type"})},
            },
        }
    ),
    interaction(
        {
            "status": 200,
            "headers": {"Content-Type": ["text/plain; charset=utf-8"]},
            "body": {"content": "pong 1", "contentType": "text/plain", "encoded": False},
            "matchingRules": {"body": {"$": rules({"match": "regex", "regex": r"pong \d"})}},
        }
    ),
    interaction({"status": 204}),
)
HEADERS = (
    (("Retry-After", "7"), ("Vary", "Accept"), ("Vary", "Origin"), ("X-Many", "a,b")),
    (("retry-after", "7"), ("vary", "Accept,Origin"), ("x-many", "a, b")),
    (("Retry-After", "soon"), ("Vary", "Accept, Origin"), ("X-Many", "a, b")),
    (("Retry-After", "7"), ("Vary", "Accept"), ("X-Many", "a, b")),
    (("Retry-After", "7"), ("Vary", "Accept, Origin, Cookie"), ("X-Many", "a, b")),
    (("Retry-After", "7"), ("Vary", "Origin, Accept"), ("X-Many", "a, b")),
    (("Retry-After", "7"), ("Vary", "Accept, Origin"), ("X-Many", "b, a")),
    (("Retry-After", "7"), ("Retry-After", "8"), ("Vary", "Accept, Origin"), ("X-Many", "a, b")),
)


def test_judges_agree_on_rules_that_no_committed_pact_has(tmp_path: Path) -> None:
    asked = [one for made in MADE_UP for one in of(made)]
    body = HTTP.example(MADE_UP[1]).body
    for kind in ("application/problem+json", "application/problem+json; charset=utf-8"):
        asked += [
            (
                f"headers {headers}",
                MADE_UP[1],
                HttpAnswer(body, 503, (*headers, ("content-type", kind))),
            )
            for headers in HEADERS
        ]
    assert_agreement(asked, tmp_path)


def message(**more: Any) -> Interaction:
    document = {
        "type": "Asynchronous/Messages",
        "description": "made up",
        "contents": {
            "content": {"type": "USER_CREATED", "data": {"id": "u", "role": "va"}},
            "contentType": "application/json",
            "encoded": False,
        },
        "matchingRules": {
            "body": {"$.data.id": rules({"match": "type"})},
            "metadata": {"channel": rules({"match": "regex", "regex": r"\w+\.events"})},
        },
        "metadata": {"channel": "user.events", "contentType": "application/json"},
        **more,
    }
    return Interaction("consumer", "provider", document)


def test_judges_agree_on_messages(tmp_path: Path) -> None:
    plain = message(matchingRules={}, metadata={"contentType": "application/json"})
    assert_agreement([*of(message()), *of(plain)], tmp_path)


TYPE = "multipart/form-data; boundary=abc"
TYPED = (("content-type", TYPE),)


def parts(*each: tuple[bytes, bytes, bytes], boundary: bytes = b"abc") -> bytes:
    head = b"--%s\r\nContent-Disposition: form-data; name=%s\r\nContent-Type: %s\r\n\r\n%s\r\n"
    return b"".join(head % (boundary, *part) for part in each) + b"--%s--\r\n" % boundary


IMAGE = (b"image", b"image/png", b"\x89PNG\r\n\x1a\n\xff")
TEXT = (b"n", b"text/plain", b"7")
OBJECT = (b"o", b"application/json", b'{"a": 1}')
FORMS = (
    parts(IMAGE, TEXT, OBJECT),
    parts(TEXT, OBJECT, IMAGE),
    parts(IMAGE, TEXT),
    parts(IMAGE, TEXT, OBJECT, (b"more", b"text/plain", b"x")),
    parts(IMAGE, (b"n", b"text/plain", b"8"), OBJECT),
    parts(IMAGE, TEXT, (b"o", b"application/json", b'{"a": "x"}')),
    parts((b"image", b"image/png", IMAGE[2] + b"\0"), TEXT, OBJECT),
    parts((b"image", b"image/png", b"GIF89a\0\0\xff"), TEXT, OBJECT),
)


def test_judges_agree_on_bodies_in_parts_and_on_bytes_with_rules(tmp_path: Path) -> None:
    def encoded(body: bytes, kind: str) -> dict[str, Any]:
        return {
            "content": base64.b64encode(body).decode(),
            "contentType": kind,
            "encoded": "base64",
        }

    plain = {
        "status": 200,
        "headers": {"Content-Type": [TYPE]},
        "body": encoded(FORMS[0], TYPE),
    }
    png = rules({"match": "contentType", "value": "image/png"})
    body = {"$.image": png, "$.n": rules({"match": "type"}), "$.o.a": rules({"match": "type"})}
    typed = rules({"match": "regex", "regex": "multipart/form-data;.*"})
    ruled = {**plain, "matchingRules": {"body": body, "header": {"Content-Type": typed}}}
    image = {
        "status": 200,
        "headers": {"Content-Type": ["image/png"]},
        "body": encoded(IMAGE[2], "image/png"),
        "matchingRules": {"body": {"$": png}},
    }
    asked = [one for part in (plain, ruled, image) for one in of(interaction(part))]
    other = (("content-type", TYPE.replace("abc", "xyz")),)
    for part in (plain, ruled):
        made = interaction(part)
        asked += [
            (f"form {place}", made, HttpAnswer(form, 200, TYPED))
            for place, form in enumerate(FORMS)
        ]
        form = parts(IMAGE, TEXT, OBJECT, boundary=b"xyz")
        asked.append(("another boundary", made, HttpAnswer(form, 200, other)))
    assert_agreement(asked, tmp_path)
