"""The control plane of both engines: toxics."""

import pytest

from .wire import Api, Wire

BAD = "bad request body: "
ATTRIBUTES = {
    "noop": "{}",
    "latency": '{"latency":0,"jitter":0}',
    "bandwidth": '{"rate":0}',
    "slow_close": '{"delay":0}',
    "timeout": '{"timeout":0}',
    "reset_peer": '{"timeout":0}',
    "limit_data": '{"bytes":0}',
}


@pytest.mark.parametrize("kind", ATTRIBUTES)
def test_toxic_defaults_to_downstream_always_and_nothing(wire: Wire, kind: str) -> None:
    answer = wire.api("POST", f"{wire.path}/toxics", {"type": kind})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.body.decode() == (
        f'{{"attributes":{ATTRIBUTES[kind]},"name":"{kind}_downstream","type":"{kind}",'
        f'"stream":"downstream","toxicity":1}}'
    )


def test_slicer_tells_its_attributes_in_order(wire: Wire) -> None:
    answer = wire.toxic("slicer", average_size=10, size_variation=2, delay=3)
    assert b'{"average_size":10,"size_variation":2,"delay":3}' in answer.body


@pytest.mark.parametrize(
    ("sent", "answered"), [("0.1", "0.1"), ("7", "7"), ("-1", "-1"), ("0.123456789", "0.12345679")]
)
def test_toxicity_is_any_float32(wire: Wire, sent: str, answered: str) -> None:
    body = f'{{"type":"noop","toxicity":{sent}}}'.encode()
    answer = wire.api("POST", f"{wire.path}/toxics", body)
    assert answer.body.endswith(f'"toxicity":{answered}}}'.encode())


def test_stream_is_echoed_as_typed_and_named_so(wire: Wire) -> None:
    answer = wire.toxic("noop", "UpStream")
    assert (answer.json["stream"], answer.json["name"]) == ("UpStream", "noop_UpStream")


def test_toxics_are_listed_upstream_first_then_by_age(wire: Wire) -> None:
    for name, stream in (
        ("a", "downstream"),
        ("b", "upstream"),
        ("c", "downstream"),
        ("d", "upstream"),
    ):
        wire.toxic("noop", stream, name=name)
    answer = wire.api("GET", f"{wire.path}/toxics")
    assert [toxic["name"] for toxic in answer.json] == ["b", "d", "a", "c"]
    assert wire.api("GET", wire.path).json["toxics"] == answer.json


def test_names_are_unique_across_both_streams(wire: Wire) -> None:
    wire.toxic("noop", name="a")
    answer = wire.api(
        "POST", f"{wire.path}/toxics", {"type": "latency", "name": "a", "stream": "upstream"}
    )
    assert answer.error == (409, "toxic already exists")


_FIELD = "json: cannot unmarshal {} into Go struct field {}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", BAD + "EOF"),
        (b"[]", BAD + "json: cannot unmarshal array into Go value of type toxics.ToxicWrapper"),
        (b"{}", "invalid toxic type"),
        (b'{"type":"Latency"}', "invalid toxic type"),
        (
            b'{"type":"x","stream":"side"}',
            "stream was invalid, can be either upstream or downstream",
        ),
        (b'{"type":5}', BAD + _FIELD.format("number", "ToxicWrapper.type of type string")),
        (
            b'{"type":"noop","toxicity":"1"}',
            BAD + _FIELD.format("string", "ToxicWrapper.toxicity of type float32"),
        ),
        (
            b'{"type":"noop","toxicity":1e99}',
            BAD + _FIELD.format("number 1e99", "ToxicWrapper.toxicity of type float32"),
        ),
        (
            b'{"type":"latency","attributes":[]}',
            BAD + _FIELD.format("array", "ToxicWrapper.attributes of type toxics.NoopToxic"),
        ),
        (
            b'{"type":"latency","attributes":{"latency":1.5}}',
            BAD + _FIELD.format("number 1.5", "LatencyToxic.attributes.latency of type int64"),
        ),
        (
            b'{"type":"latency","attributes":{"LATENCY":1e3}}',
            BAD + _FIELD.format("number 1e3", "LatencyToxic.attributes.latency of type int64"),
        ),
        (
            b'{"type":"reset_peer","attributes":{"timeout":"5"}}',
            BAD + _FIELD.format("string", "ResetToxic.attributes.timeout of type int64"),
        ),
        (
            b'{"type":"slicer","attributes":{"delay":true}}',
            BAD + _FIELD.format("bool", "SlicerToxic.attributes.delay of type int"),
        ),
        (
            b'{"type":"limit_data","attributes":{"bytes":99999999999999999999}}',
            BAD
            + _FIELD.format(
                "number 99999999999999999999", "LimitDataToxic.attributes.bytes of type int64"
            ),
        ),
    ],
)
def test_bad_toxic_is_a_400_in_gos_words(wire: Wire, body: bytes, message: str) -> None:
    assert wire.api("POST", f"{wire.path}/toxics", body).error == (400, message)
    assert wire.api("GET", f"{wire.path}/toxics").json == []


def test_checks_come_in_the_servers_order(wire: Wire) -> None:
    wire.toxic("noop", name="a")
    bad = {"name": "a", "attributes": {"latency": "x"}}

    def answer(**more: str) -> str:
        return wire.api("POST", f"{wire.path}/toxics", bad | more).error[1]

    assert answer(type="x", stream="y").startswith("stream was invalid")
    assert answer(type="x") == "invalid toxic type"
    assert answer(type="latency") == "toxic already exists"
    assert answer(type="latency", name="b").startswith("bad request body: json: ")


@pytest.mark.parametrize("value", ["-5", "9223372036854775807", "null"])
def test_attributes_are_any_int64(wire: Wire, value: str) -> None:
    body = f'{{"type":"latency","attributes":{{"latency":{value}}}}}'.encode()
    answer = wire.api("POST", f"{wire.path}/toxics", body)
    assert answer.json["attributes"]["latency"] == int(value.replace("null", "0"))


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_update_merges_attributes_and_ignores_the_rest(wire: Wire, method: str) -> None:
    wire.toxic("latency", name="slow", latency=5, jitter=1)
    body = {"attributes": {"jitter": 3}, "toxicity": 0.5, "name": "x", "stream": "upstream"}
    answer = wire.api(method, f"{wire.path}/toxics/slow", body)
    assert answer.status == 200
    assert answer.json == {
        "attributes": {"latency": 5, "jitter": 3},
        "name": "slow",
        "type": "latency",
        "stream": "downstream",
        "toxicity": 0.5,
    }


@pytest.mark.parametrize(
    "body", [b"null", b"{}", b'{"attributes":null,"toxicity":null}', b'{"attributes":{}}']
)
def test_update_with_nothing_changes_nothing(wire: Wire, body: bytes) -> None:
    made = wire.toxic("latency", name="slow", latency=5, toxicity=0.5).json
    assert wire.api("PATCH", f"{wire.path}/toxics/slow", body).json == made


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "EOF"),
        (
            b"9",
            "json: cannot unmarshal number into Go value of type struct { Attributes interface {} "
            '"json:\\"attributes\\""; Toxicity float32 "json:\\"toxicity\\"" }',
        ),
        (
            b'{"attributes":5}',
            _FIELD.format("number", ".attributes of type toxics.LatencyToxic"),
        ),
        (
            b'{"attributes":{"latency":"1"}}',
            _FIELD.format("string", "LatencyToxic.attributes.latency of type int64"),
        ),
        (b'{"toxicity":"1"}', _FIELD.format("string", ".toxicity of type float32")),
    ],
)
def test_bad_update_is_a_400_in_gos_words(wire: Wire, body: bytes, message: str) -> None:
    wire.toxic("latency", name="slow", latency=5)
    answer = wire.api("PATCH", f"{wire.path}/toxics/slow", body)
    assert answer.error == (400, BAD + message)


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST", "DELETE"])
def test_unknown_toxic_or_proxy_is_a_404(wire: Wire, method: str) -> None:
    unknown = wire.api(method, f"{wire.path}/toxics/x", {})
    assert unknown.error == (404, "toxic not found")
    assert wire.api(method, "/proxies/nobody/toxics/x", {}).error == (404, "proxy not found")


def test_removed_toxic_is_gone(wire: Wire) -> None:
    wire.toxic("noop", name="a")
    answer = wire.api("DELETE", f"{wire.path}/toxics/a")
    assert (answer.status, answer.body) == (204, b"")
    assert wire.api("GET", f"{wire.path}/toxics").body == b"[]"


def test_toxics_survive_disabling_and_a_new_upstream(wire: Wire) -> None:
    wire.toxic("latency", latency=5)
    wire.enable(False)
    wire.api("PATCH", wire.path, {"upstream": "127.0.0.1:2", "enabled": True})
    assert len(wire.api("GET", wire.path).json["toxics"]) == 1


def test_toxics_of_an_unknown_proxy_are_a_404(api: Api) -> None:
    for method in ("GET", "POST"):
        answer = api(method, "/proxies/nobody/toxics", b"{")
        assert answer.error == (404, "proxy not found")
