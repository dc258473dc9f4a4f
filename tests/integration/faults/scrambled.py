"""Bodies and requests that are almost right, from a seed."""

import json
import random
from typing import Any

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 7, 2**31, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30,
    0.5, 1e3, 1e300, "", "x", "latency", "upstream", "127.0.0.1:0", "ü\u2028<&>\x7f", [],
    [None], {}, {"a": 1}, "1", "true",
)  # fmt: skip
BYTES = b'{}[]",:\\0123456789.eE+-truefalsn \t\n\r\x00\x1f\x7f\x80\xff\xc3\xa9/bu'


def body(chance: random.Random, right: dict[str, Any]) -> bytes:
    """A right body with one to three things wrong."""
    value = json.loads(json.dumps(right))
    for _ in range(chance.randint(0, 2)):
        _change_value(chance, value)
    text = bytearray(json.dumps(value, ensure_ascii=chance.random() < 0.5).encode())
    for _ in range(chance.choice((0, 0, 1, 2))):
        _change_text(chance, text)
    return bytes(text)


def _change_value(chance: random.Random, value: dict[str, Any]) -> None:
    inner = value.get("attributes")
    target = inner if isinstance(inner, dict) and chance.random() < 0.5 else value
    key = chance.choice([*target, "extra", "NAME"])
    if chance.random() < 0.3 and key in target:
        target[chance.choice((key.upper(), key.title(), key + "x"))] = target.pop(key)
    else:
        target[key] = chance.choice(VALUES)


def _change_text(chance: random.Random, text: bytearray) -> None:
    if not text:
        return
    place = chance.randrange(len(text))
    match chance.randrange(4):
        case 0:
            del text[place:]
        case 1:
            del text[place]
        case 2:
            text.insert(place, chance.choice(BYTES))
        case _:
            text[place] = chance.choice(BYTES)


def request(chance: random.Random) -> bytes:
    """A request on the wire, often with something wrong in its line, headers or length."""

    def mostly(right: str, *wrong: str) -> str:
        return right if chance.random() < 0.8 else chance.choice(wrong)

    parts = ("proxies", "toxics", "populate", "reset", "version", "seed", "connections", "p", "?",
             "..", "", "%", "%2f", "%00", "%ff", "\xff", "a b", "x" * 3000)  # fmt: skip
    path = "/" + "/".join(chance.choice(parts[: chance.choice((8, 18))]) for _ in range(3))
    method = mostly(
        chance.choice(("GET", "POST", "PATCH", "DELETE", "HEAD")), "", "G\x00T", "x" * 99
    )
    payload = body(chance, {"name": "f", "upstream": "x", "enabled": False, "type": "noop"})
    headers = [
        mostly("Host: 127.0.0.1", "Host: evil", "Host:", "Nothing", "Origin: null"),
        "Content-Length: " + mostly(str(len(payload)), "0", "1" + "0" * 12, "-1", "x"),
        mostly("Connection: close", "Transfer-Encoding: chunked", "X: " + "y" * 9000, ": "),
    ]
    version = mostly("HTTP/1.1", "HTTP/1.0", "HTTP/9", "")
    head = "\r\n".join((f"{method} {path} {version}", *headers, "", ""))
    return head.encode("latin-1") + payload
