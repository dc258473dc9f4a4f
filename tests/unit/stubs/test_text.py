"""Patterns mean the same to Rust, which reads bodies, and to Python, which may read documents."""

import re
import sys
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import TypeAdapter
from pydantic.types import StringConstraints
from starlette.requests import Request

from stubs.text import EMAIL, HTTP_URL, NOT_BLANK
from stubs.web import Problem
from stubs.web.idempotency import PARAMETER, key_of


def rust(pattern: str, text: str) -> bool:
    """Return whether pydantic's engine takes it."""
    adapter = TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    try:
        adapter.validate_python(text)
    except ValueError:
        return False
    return True


def test_every_space_of_any_engine_is_one_to_both() -> None:
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if character.isspace() or number < 33:
            assert not re.search(NOT_BLANK, character + "\0"[:0]), hex(number)
            assert not rust(NOT_BLANK, character), hex(number)
            assert not rust(EMAIL, f"a{character}b@c"), hex(number)


@pytest.mark.parametrize(
    "url",
    [
        "http://x",
        "https://example.com:443/a/b?c=d#e",
        "http://user:secret@host/ä",
        "http://127.0.0.1:0",
        "http://[::1]:3001/",
        "http://[2001:db8::8:800:200c:417a]",
        "http://[1:2:3:4:5:6:7:8]",
        "http://[::]",
        "http://[1::]/",
        "http://xn--exmple-cua.com/",
        "http://x?query",
        "http://x#part",
    ],
)
def test_a_url_is_one_to_every_reader(url: str) -> None:
    assert rust(HTTP_URL, url)
    assert re.search(HTTP_URL, url)
    assert urlsplit(url).hostname
    assert httpx.URL(url).host
    assert urlsplit(url).port in {None, *range(65536)}


@pytest.mark.parametrize(
    "text",
    [
        "http://[",
        "http://]",
        "http://[]",
        "http://[:::]",
        "http://[1:2:3:4:5:6:7:8:9]",
        "http://[::1]x",
        "http://[v1.x]",
        "http://x:65536",
        "http://x:y",
        "http://x y",
        "http://%zz",
        "http://a\u2100b/",
        "http://",
        "http:///x",
        "http://@/",
        "//x",
    ],
)
def test_what_is_no_url_is_refused(text: str) -> None:
    assert not rust(HTTP_URL, text)
    assert not re.search(HTTP_URL, text)


@pytest.mark.parametrize(
    "sent",
    [
        "a",
        "~",
        "two words",
        '"quoted"',
        '" "',
        r'"\""',
        '"' + "x" * 255 + '"',
        "x" * 255,
        "",
        '"',
        '""',
        '"a',
        "é",
        "x" * 256,
        '"' + "x" * 256 + '"',
        r'"\x"',
        "a\x7f",
        '"a"b',
    ],
)
def test_the_documented_key_is_the_one_that_is_taken(sent: str) -> None:
    headers = [(b"idempotency-key", sent.encode("latin-1"))]
    try:
        taken = key_of(Request({"type": "http", "headers": headers})) is not None
    except Problem:
        taken = False
    schema = PARAMETER["schema"]
    documented = re.search(schema["pattern"], sent) is not None
    assert documented == taken
    assert not taken or schema["minLength"] <= len(sent) <= schema["maxLength"]
