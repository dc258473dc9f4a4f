"""Content codings are taken off and put on again."""

import gzip
import zlib

import pytest

from seatrial.tap.coding import decoded, encoded
from seatrial.tap.message import ANSWER_BYTES

BODY = b'{"id": 1}' * 1000


@pytest.mark.parametrize(
    "codings", ["", "identity", "gzip", "x-gzip", "deflate", "br", "gzip, br", "GZIP,deflate"]
)
def test_what_is_encoded_is_decoded_again(codings: str) -> None:
    coded = encoded(BODY, codings)
    assert decoded(coded, codings) == BODY
    assert codings in ("", "identity") or len(coded) < len(BODY)


def test_deflate_is_read_without_zlibs_wrapping_too() -> None:
    deflater = zlib.compressobj(wbits=-15)
    assert decoded(deflater.compress(BODY) + deflater.flush(), "deflate") == BODY


def test_gzip_of_several_members_is_read_whole() -> None:
    assert decoded(gzip.compress(b"one") + gzip.compress(b"two"), "gzip") == b"onetwo"


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (BODY, "gzip"),
        (BODY, "br"),
        (BODY, "deflate"),
        (BODY, "zstd"),
        (encoded(BODY, "gzip")[:-9], "gzip"),
        (encoded(BODY, "br")[:-3], "br"),
        (encoded(BODY, "gzip"), "br, gzip"),
    ],
    ids=["plain", "plain-br", "plain-deflate", "unknown", "cut", "cut-br", "half"],
)
def test_what_is_of_another_coding_isnt_decoded(body: bytes, codings: str) -> None:
    assert decoded(body, codings) is None


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_bomb_isnt_decoded(coding: str) -> None:
    assert decoded(encoded(bytes(ANSWER_BYTES + 1), coding), coding) is None
