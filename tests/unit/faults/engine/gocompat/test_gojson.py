"""JSON as Go reads and writes it; what both engines say is compared in the conformance suite."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.faults.engine.gocompat import gojson, gosyntax
from seatrial.faults.engine.gocompat.gojson import BadBodyError, Field, Number, Object, Struct

TARGET = Struct("t.Thing", (Field("name", "string"), Field("size", "int64")), "Thing")


def test_numbers_keep_their_text() -> None:
    assert gojson.decode(b'{"a":1.0,"b":-2e5}') == Object((("a", "1.0"), ("b", "-2e5")))
    assert isinstance(gojson.decode(b"[1]")[0], Number)


def test_what_follows_the_value_is_ignored() -> None:
    assert gojson.decode(b' {"a":null} }{') == Object((("a", None),))
    assert gojson.decode(b"truex") is True


@pytest.mark.parametrize("text", [b"NaN", b"[Infinity]", b'{"a":-Infinity}', b"'a'", b"[1,]"])
def test_what_python_or_javascript_would_take_is_refused(text: bytes) -> None:
    with pytest.raises(BadBodyError, match=r"^invalid character"):
        gojson.decode(text)


def test_deep_nesting_is_refused_and_not_a_crash() -> None:
    for text in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 50_000 + b"]" * 50_000):
        with pytest.raises(BadBodyError, match="exceeded max depth"):
            gojson.decode(text)


def test_invalid_utf8_and_lone_surrogates_become_the_replacement_character() -> None:
    for body in (b'{"name":"a\xffb"}', b'{"name":"a\\ud800b"}'):
        assert gojson.read(gojson.decode(body), TARGET) == {"name": "a\ufffdb"}


def test_keys_match_in_any_case_and_the_last_wins() -> None:
    body = b'{"NAME":"a","other":[{}],"Name":"b","size":5,"size":null}'
    assert gojson.read(gojson.decode(body), TARGET) == {"name": "b", "size": 5}


def test_duplicate_objects_merge() -> None:
    target = Struct("t.Outer", (Field("inner", "t.Thing"),), "Outer")
    found = gojson.read(gojson.decode(b'{"inner":{"name":"a"},"inner":{"size":1}}'), target)
    assert gojson.read(found["inner"], TARGET) == {"name": "a", "size": 1}


@pytest.mark.parametrize(
    ("number", "fits"),
    [("9223372036854775807", True), ("9223372036854775808", False), ("-9223372036854775808", True),
     ("-0", True), ("1.0", False), ("1e2", False), ("1" * 5000, False)],
)  # fmt: skip
def test_int64_takes_exactly_what_go_takes(number: str, fits: bool) -> None:
    value = gojson.decode(f'{{"size":{number}}}'.encode())
    if fits:
        assert gojson.read(value, TARGET) == {"size": int(number)}
    else:
        with pytest.raises(BadBodyError, match=f"number {number} into Go struct field Thing.size"):
            gojson.read(value, TARGET)


@pytest.mark.parametrize(
    ("number", "text"), [(0.1, 0.1), (1 / 3, 0.33333334), (7.0, 7.0), (1e-45, 1e-45), (0.0, 0.0)]
)
def test_float32_is_told_in_its_fewest_digits(number: float, text: float) -> None:
    assert gojson.shortest_float32(number) == text


def test_text_is_written_with_gos_escapes() -> None:
    assert gojson.encode({"a": "<&>\u2028ü\n", "b": 1.0, "c": 0.5}) == (
        '{"a":"\\u003c\\u0026\\u003e\\u2028ü\\n","b":1,"c":0.5}'.encode()
    )


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )
)
def test_scanner_accepts_all_that_is_json(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=1, ensure_ascii=False)):
        gosyntax.check(text.encode("utf-8", "surrogatepass"))


@given(
    st.binary(max_size=40)
    | st.text('{}[]",:0123456789.eE+-truefalsn \\u', max_size=40).map(str.encode)
)
def test_decoding_anything_ends_with_a_value_or_go_words(body: bytes) -> None:
    try:
        gojson.decode(body)
        words = "EOF"
    except BadBodyError as error:
        words = str(error)
    assert words.startswith(("EOF", "unexpected EOF", "invalid character '"))
