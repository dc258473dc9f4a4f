"""The control plane of both engines: routes, statuses, texts and quirks that clients rely on."""

import re
import socket
from typing import Any

import pytest

from .wire import Api, Wire

ERROR_HEADERS = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
BAD = "bad request body: "


def _proxy(name: str = "shop", **more: Any) -> dict[str, Any]:
    return {"name": name, "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"} | more


# Routes


def test_version_is_json_with_a_line_end(api: Api) -> None:
    answer = api("GET", "/version")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert re.fullmatch(rb'\{"version": "(2\.12\.0|git)".*\}\n', answer.body)


def test_known_routes_carry_a_request_id(api: Api) -> None:
    ids = [api("GET", "/version").headers["x-toxiproxy-request-id"] for _ in range(2)]
    assert all(re.fullmatch("[0-9a-v]{20}", found) for found in ids)
    assert ids[0] != ids[1]


@pytest.mark.parametrize("path", ["/nope", "/", "/proxies/", "/version/", "/metrics", "/PROXIES"])
def test_unknown_path_is_plain_404_without_request_id(api: Api, path: str) -> None:
    answer = api("GET", path)
    assert (answer.status, answer.body) == (404, b"404 page not found\n")
    assert answer.headers.items() >= ERROR_HEADERS.items()
    assert "x-toxiproxy-request-id" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/version"),
        ("HEAD", "/version"),
        ("OPTIONS", "/proxies"),
        ("PUT", "/proxies/shop"),
        ("GET", "/reset"),
        ("GET", "/populate"),
        ("PUT", "/proxies/shop/toxics"),
        ("PUT", "/proxies/shop/toxics/slow"),
    ],
)
def test_wrong_method_is_an_empty_405(api: Api, method: str, path: str) -> None:
    answer = api(method, path)
    assert (answer.status, answer.body) == (405, b"")
    assert "x-toxiproxy-request-id" not in answer.headers


@pytest.mark.parametrize(
    ("path", "location"),
    [("//proxies", "/proxies"), ("/a/../version", "/version"), ("/./proxies/", "/proxies/")],
)
def test_untidy_path_is_redirected(api: Api, path: str, location: str) -> None:
    answer = api("GET", path)
    assert (answer.status, answer.headers["location"]) == (301, location)


def test_browser_is_refused_on_known_routes_only(api: Api) -> None:
    browser = {"User-Agent": "Mozilla/5.0 (X11)"}
    refused = api("GET", "/proxies", headers=browser)
    assert (refused.status, refused.body) == (403, b"User agent not allowed\n")
    assert refused.headers.items() >= ERROR_HEADERS.items()
    assert "x-toxiproxy-request-id" in refused.headers
    assert api("GET", "/nope", headers=browser).status == 404


@pytest.mark.parametrize("agent", ["mozilla/5.0", "curl Mozilla/5.0", "Mozilla"])
def test_only_an_agent_that_begins_with_mozilla_is_a_browser(api: Api, agent: str) -> None:
    assert api("GET", "/version", headers={"User-Agent": agent}).status == 200


def test_errors_are_json_called_plain_text_with_a_line_end(api: Api) -> None:
    answer = api("GET", "/proxies/nobody")
    assert answer.body == b'{"error":"proxy not found","status":404}\n'
    assert answer.headers.items() >= ERROR_HEADERS.items()


# Creating proxies


def test_created_proxy_is_shown_in_the_servers_own_order(api: Api) -> None:
    answer = api("POST", "/proxies", _proxy())
    listen = answer.json["listen"]
    assert answer.status == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.body.decode() == (
        f'{{"name":"shop","listen":"{listen}","upstream":"127.0.0.1:1","enabled":true,'
        f'"Logger":{{}},"toxics":[]}}'
    )
    assert re.fullmatch(r"127\.0\.0\.1:[1-9]\d+", listen)


def test_proxies_are_listed_by_name(api: Api) -> None:
    for name in ("b", "a"):
        api("POST", "/proxies", _proxy(name))
    answer = api("GET", "/proxies")
    assert list(answer.json) == ["a", "b"]
    assert answer.json["a"] == api("GET", "/proxies/a").json


def test_content_type_and_trailing_text_are_ignored(api: Api) -> None:
    raw = b'{"NAME":"shop","Upstream":"127.0.0.1:1","x":[1],"enabled":null,"name":"store"} trailing'
    answer = api("POST", "/proxies", raw, {"Content-Type": "text/html"})
    assert answer.status == 201
    assert answer.json["name"] == "store"


def test_toxics_of_a_new_proxy_are_ignored(api: Api) -> None:
    answer = api("POST", "/proxies", _proxy(toxics=[{"type": "latency"}]))
    assert (answer.status, answer.json["toxics"]) == (201, [])


def test_proxy_made_disabled_does_not_listen_and_keeps_its_address_as_typed(api: Api) -> None:
    answer = api("POST", "/proxies", _proxy(listen="localhost:0", enabled=False))
    assert answer.status == 201
    assert (answer.json["listen"], answer.json["enabled"]) == ("localhost:0", False)


@pytest.mark.parametrize(
    ("listen", "pattern"),
    [
        ("", r"\[::\]:\d+"),
        (":0", r"\[::\]:\d+"),
        ("0.0.0.0:0", r"\[::\]:\d+"),
        ("localhost:0", r"127\.0\.0\.1:\d+"),
        ("[::1]:0", r"\[::1\]:\d+"),
    ],
)
def test_listen_is_shown_as_it_was_bound(api: Api, listen: str, pattern: str) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    answer = api("POST", "/proxies", _proxy(listen=listen))
    assert answer.status == 201
    assert re.fullmatch(pattern, answer.json["listen"])


@pytest.mark.parametrize(
    ("listen", "message"),
    [
        ("nope", "listen tcp: address nope: missing port in address"),
        ("127.0.0.1:999999", "listen tcp: address 999999: invalid port"),
        ("127.0.0.1:-1", "listen tcp: address -1: invalid port"),
        ("a:b:c", "listen tcp: address a:b:c: too many colons in address"),
        ("[::1", "listen tcp: address [::1: missing ']' in address"),
        ("[::1]", "listen tcp: address [::1]: missing port in address"),
        ("[::1]x:1", "listen tcp: address [::1]x:1: missing port in address"),
        ("a]:1", "listen tcp: address a]:1: unexpected ']' in address"),
        ("192.0.2.1:9", "listen tcp 192.0.2.1:9: bind: cannot assign requested address"),
    ],
)
def test_bad_listen_is_a_500_and_nothing_is_stored(api: Api, listen: str, message: str) -> None:
    assert api("POST", "/proxies", _proxy(listen=listen)).error == (500, message)
    assert api("GET", "/proxies").json == {}


def test_taken_port_is_a_500_that_names_it(api: Api) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        answer = api("POST", "/proxies", _proxy(listen=listen))
    assert answer.error == (500, f"listen tcp {listen}: bind: address already in use")
    assert api("GET", "/proxies/shop").status == 404


def test_taken_name_is_a_409_also_with_a_bad_address(api: Api) -> None:
    api("POST", "/proxies", _proxy())
    assert api("POST", "/proxies", _proxy(listen="nope")).error == (409, "proxy already exists")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{}", "missing required field: name"),
        (b"null", "missing required field: name"),
        (b'{"name":"x"}', "missing required field: upstream"),
        (b'{"name":"x","upstream":""}', "missing required field: upstream"),
        (b"", BAD + "EOF"),
        (b" \n", BAD + "EOF"),
        (b"{", BAD + "unexpected EOF"),
        (b'{"name":"a"', BAD + "unexpected EOF"),
        (b"tru", BAD + "unexpected EOF"),
        (b"1.", BAD + "unexpected EOF"),
        (b"nope", BAD + "invalid character 'o' in literal null (expecting 'u')"),
        (b"}", BAD + "invalid character '}' looking for beginning of value"),
        (b'{"a":}', BAD + "invalid character '}' looking for beginning of value"),
        (b'{"a":1,}', BAD + "invalid character '}' looking for beginning of object key string"),
        (b"{1:2}", BAD + "invalid character '1' looking for beginning of object key string"),
        (b'{"a" 1}', BAD + "invalid character '1' after object key"),
        (b'{"a":1 "b"}', BAD + "invalid character '\"' after object key:value pair"),
        (b'{"a":[1 2]}', BAD + "invalid character '2' after array element"),
        (b'{"a":1.x}', BAD + "invalid character 'x' after decimal point in numeric literal"),
        (b'{"a":-x}', BAD + "invalid character 'x' in numeric literal"),
        (b'{"a":1ex}', BAD + "invalid character 'x' in exponent of numeric literal"),
        (b'{"a":"\\x"}', BAD + "invalid character 'x' in string escape code"),
        (b'{"a":"\\ug"}', BAD + "invalid character 'g' in \\u hexadecimal character escape"),
        (b'{"a":"\t"}', BAD + "invalid character '\\t' in string literal"),
        (b"\xef\xbb\xbf{}", BAD + "invalid character 'ï' looking for beginning of value"),
        (b"'", BAD + "invalid character '\\'' looking for beginning of value"),
        (b"NaN", BAD + "invalid character 'N' looking for beginning of value"),
        (b"[]", BAD + "json: cannot unmarshal array into Go value of type toxiproxy.Proxy"),
        (b"5", BAD + "json: cannot unmarshal number into Go value of type toxiproxy.Proxy"),
        (b'"s"', BAD + "json: cannot unmarshal string into Go value of type toxiproxy.Proxy"),
        (
            b'{"name":5}',
            BAD + "json: cannot unmarshal number into Go struct field Proxy.name of type string",
        ),
        (
            b'{"upstream":{}}',
            BAD
            + "json: cannot unmarshal object into Go struct field Proxy.upstream of type string",
        ),
        (
            b'{"enabled":"yes"}',
            BAD + "json: cannot unmarshal string into Go struct field Proxy.enabled of type bool",
        ),
    ],
)
def test_bad_body_of_a_proxy_is_a_400_in_gos_words(api: Api, body: bytes, message: str) -> None:
    assert api("POST", "/proxies", body).error == (400, message)


# Changing and deleting proxies


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_update_changes_what_it_names(api: Api, method: str) -> None:
    made = api("POST", "/proxies", _proxy()).json
    answer = api(method, "/proxies/shop", {"upstream": "127.0.0.1:2", "name": "other"})
    assert (answer.status, answer.json) == (200, made | {"upstream": "127.0.0.1:2"})


def test_update_may_take_the_upstream_away(api: Api) -> None:
    api("POST", "/proxies", _proxy())
    assert api("PATCH", "/proxies/shop", {"upstream": ""}).json["upstream"] == ""


def test_update_with_null_changes_nothing(api: Api) -> None:
    made = api("POST", "/proxies", _proxy()).json
    assert api("PATCH", "/proxies/shop", b"null").json == made


def test_update_to_a_malformed_address_changes_nothing(api: Api) -> None:
    made = api("POST", "/proxies", _proxy()).json
    answer = api("PATCH", "/proxies/shop", {"listen": "foo", "enabled": False})
    assert answer.error == (500, "address foo: missing port in address")
    assert api("GET", "/proxies/shop").json == made


def test_update_to_a_taken_address_leaves_the_proxy_stopped(api: Api) -> None:
    api("POST", "/proxies", _proxy())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        answer = api("PATCH", "/proxies/shop", {"listen": listen})
        assert answer.error == (500, f"listen tcp {listen}: bind: address already in use")
    found = api("GET", "/proxies/shop").json
    assert (found["listen"], found["enabled"]) == (listen, False)


def test_update_of_an_unknown_proxy_is_a_404_before_its_body_is_read(api: Api) -> None:
    assert api("PATCH", "/proxies/shop", b"{").error == (404, "proxy not found")


def test_enabled_again_it_listens_where_it_did(wire: Wire) -> None:
    wire.enable(False)
    with pytest.raises(ConnectionRefusedError):
        wire.client()
    wire.enable(True)
    assert wire.api("GET", wire.path).json["listen"] == wire.address
    client, server = wire.connect()
    client.send(b"again")
    assert server.read(5) == b"again"


def test_enabling_twice_is_no_error(wire: Wire) -> None:
    for enabled in (True, False, False, True):
        wire.enable(enabled)
    assert wire.api("GET", wire.path).json["enabled"] is True


def test_deleted_proxy_is_gone(api: Api) -> None:
    api("POST", "/proxies", _proxy())
    answer = api("DELETE", "/proxies/shop")
    assert (answer.status, answer.body) == (204, b"")
    assert api("DELETE", "/proxies/shop").error == (404, "proxy not found")


def test_names_are_percent_decoded_and_an_encoded_slash_is_one(api: Api) -> None:
    for name in ("a b%", "ü<&>"):
        assert api("POST", "/proxies", _proxy(name)).status == 201
    assert api("GET", "/proxies/a%20b%25").json["name"] == "a b%"
    assert api("GET", "/proxies/%C3%BC%3C&%3E").json["name"] == "ü<&>"
    assert b'"\xc3\xbc\\u003c\\u0026\\u003e"' in api("GET", "/proxies").body
    assert api("GET", "/proxies/a%2Fb").body == b"404 page not found\n"


# Populate and reset


def test_populate_makes_proxies_in_order(api: Api) -> None:
    answer = api("POST", "/populate", [_proxy("b"), _proxy("a", enabled=False)])
    assert answer.status == 201
    assert [proxy["name"] for proxy in answer.json["proxies"]] == ["b", "a"]
    assert [proxy["enabled"] for proxy in answer.json["proxies"]] == [True, False]


@pytest.mark.parametrize("body", [b"[]", b"null"])
def test_populate_of_nothing_answers_null(api: Api, body: bytes) -> None:
    answer = api("POST", "/populate", body)
    assert (answer.status, answer.body) == (201, b'{"proxies":null}')


_ENTRY = 'struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", BAD + "EOF"),
        (b"{}", BAD + f"json: cannot unmarshal object into Go value of type []{_ENTRY}"),
        (b"[5]", BAD + f"json: cannot unmarshal number into Go value of type {_ENTRY}"),
        (
            b'[{"name":5}]',
            BAD + "json: cannot unmarshal number into Go struct field .Proxy.name of type string",
        ),
        (
            b'[{"enabled":5}]',
            BAD + "json: cannot unmarshal number into Go struct field .enabled of type bool",
        ),
        (b"[null]", "missing required field: name at proxy 1"),
        (
            b'[{"name":"a","upstream":"b"},{"name":"c"}]',
            "missing required field: upstream at proxy 2",
        ),
    ],
)
def test_bad_populate_makes_nothing(api: Api, body: bytes, message: str) -> None:
    answer = api("POST", "/populate", body)
    assert (answer.status, answer.json) == (
        400,
        {"error": message, "status": 400, "proxies": None},
    )
    assert answer.headers["content-type"] == "application/json"
    assert api("GET", "/proxies").json == {}


def test_populate_stops_at_the_first_failure_and_tells_what_it_made(api: Api) -> None:
    answer = api("POST", "/populate", [_proxy("a"), _proxy("b", listen="bad"), _proxy("c")])
    assert answer.error == (500, "listen tcp: address bad: missing port in address")
    assert [proxy["name"] for proxy in answer.json["proxies"]] == ["a"]
    assert list(api("GET", "/proxies").json) == ["a"]


def test_populate_leaves_an_equal_proxy_and_its_toxics_alone(wire: Wire) -> None:
    wire.toxic("latency", latency=1)
    entry = {"name": wire.name, "listen": wire.address, "upstream": wire.upstream.address}
    before = wire.api("GET", wire.path).json
    answer = wire.api("POST", "/populate", [entry | {"enabled": False}])
    assert (answer.status, answer.json["proxies"]) == (201, [before])


def test_populate_replaces_a_different_proxy(wire: Wire) -> None:
    wire.toxic("latency", latency=1)
    entry = {"name": wire.name, "listen": wire.address, "upstream": "127.0.0.1:2"}
    made = wire.api("POST", "/populate", [entry]).json["proxies"][0]
    assert (made["upstream"], made["listen"], made["toxics"]) == ("127.0.0.1:2", wire.address, [])


def test_reset_enables_all_and_removes_all_toxics(wire: Wire) -> None:
    wire.toxic("latency", latency=1)
    wire.toxic("slow_close", "upstream", delay=1)
    wire.enable(False)
    answer = wire.api("POST", "/reset", b"ignored")
    assert (answer.status, answer.body) == (204, b"")
    found = wire.api("GET", wire.path).json
    assert (found["enabled"], found["toxics"], found["listen"]) == (True, [], wire.address)
