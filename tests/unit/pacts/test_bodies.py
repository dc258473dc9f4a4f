"""Bodies that aren't JSON, judged in process."""

import base64
from typing import Any

import pytest

from seatrial.pacts.matching import BodyJudge

PNG = b"\x89PNG\r\n\x00\xff"


def body(content: str, kind: str, encoded: str | bool = False) -> dict[str, Any]:
    return {"content": content, "contentType": kind, "encoded": encoded}


@pytest.mark.parametrize(
    ("expected", "right", "wrong"),
    [
        (body(base64.b64encode(PNG).decode(), "image/png", "base64"), PNG, PNG + b"\xfe"),
        (body("a,b\n1,2\n", "text/csv"), b"a,b\n1,2\n", b"a,b\n1,3\n"),
        (
            body("a=1&b=2", "application/x-www-form-urlencoded"),
            b"b=2&a=1",
            b"a=1&b=3",
        ),
        (body("<a><b>1</b></a>", "application/xml"), b"<a>\n<b>1</b></a>", b"<a><b>2</b></a>"),
        (body("hello", "text/plain"), b"hello", b"bye"),
    ],
)
def test_a_body_of_any_type_is_judged(expected: dict[str, Any], right: bytes, wrong: bytes) -> None:
    judge = BodyJudge(expected, {})
    assert judge.refusal(right, expected["contentType"]) is None
    assert judge.refusal(wrong, expected["contentType"]) is not None


def test_bytes_are_judged_by_their_rules() -> None:
    rules = {"body": {"$": {"matchers": [{"match": "contentType", "value": "image/png"}]}}}
    judge = BodyJudge(body(base64.b64encode(PNG).decode(), "image/png", "base64"), rules)
    assert judge.refusal(PNG + b"more", "image/png") is None
    assert "content type 'image/png'" in str(judge.refusal(b"GIF89a\0\0\xff", "image/png"))
    assert judge.refusal(PNG, "image/png") is None
