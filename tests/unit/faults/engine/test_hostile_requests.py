"""The API under requests that no client sends: an answer to each, and no harm done."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.faults.engine.api import application
from seatrial.faults.engine.engine import MAX_TOXICS, EngineState
from seatrial.faults.engine.toxics import TOXICS

ANSWERS = {200, 201, 204, 301, 400, 403, 404, 405, 409, 413}
NAMES = st.sampled_from(["a", "b", "", "..", "a/b", "ä", "%", "\x00", "a" * 300]) | st.text(
    max_size=5
)
LISTEN = st.sampled_from(
    ["127.0.0.1:0", "[::1]:0", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1", "[::1", "::", "]:1"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**62, 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(sorted({name for cls in TOXICS.values() for name in vars(cls())})),
    SCALARS,
    max_size=4,
)
TOXIC = st.fixed_dictionaries(
    {"type": st.sampled_from([*TOXICS, "nope"])},
    optional={
        "name": NAMES,
        "stream": st.sampled_from(["upstream", "DOWNSTREAM", "sideways"]) | SCALARS,
        "toxicity": SCALARS,
        "attributes": ATTRIBUTES | VALUES,
    },
)
PROXY = st.fixed_dictionaries(
    {"name": NAMES, "listen": LISTEN},
    optional={"upstream": NAMES | st.just("127.0.0.1:1"), "enabled": SCALARS},
)
BODIES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"", b"{", b"[" * 3000, b'{"a":' * 3000, b"\xff\xfe", b"null", b"1e999"]),
    st.one_of(PROXY, TOXIC, st.lists(PROXY, max_size=3), VALUES).map(
        lambda value: json.dumps(value).encode("utf-8", "surrogatepass")
    ),
)
METHODS = st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "BREW"])


@st.composite
def paths(draw: st.DrawFn) -> str:
    """One of the API's own paths, with names of any kind, or something like one."""
    proxy, toxic = quote(draw(NAMES), safe=""), quote(draw(NAMES), safe="")
    shape = draw(
        st.sampled_from(
            ["/proxies", "/proxies/{0}", "/proxies/{0}/toxics", "/proxies/{0}/toxics/{1}",
             "/populate", "/reset", "/seed", "/version", "/connections?after={0}",
             "/proxies/{0}/connections", "//proxies/./{0}", "/{0}/{1}"]
        )
    )  # fmt: skip
    return str(shape).format(proxy, toxic)


Request = tuple[str, str, bytes]
ANY = st.tuples(METHODS, paths(), BODIES)
AIMED = st.one_of(
    st.tuples(st.just("POST"), st.just("/proxies/a/toxics"), TOXIC),
    st.tuples(
        st.just("PATCH"),
        st.sampled_from([f"/proxies/a/toxics/{name}_downstream" for name in TOXICS]),
        st.fixed_dictionaries({"attributes": ATTRIBUTES}, optional={"toxicity": SCALARS}),
    ),
).map(lambda found: (found[0], found[1], json.dumps(found[2]).encode()))
"""Requests that reach the proxy that is there and may well succeed."""
READ = st.tuples(
    st.just("POST"),
    st.sampled_from(["/proxies", "/populate", "/seed", "/proxies/a", "/proxies/a/toxics"]),
    BODIES,
)
"""Requests whose body is read."""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ANY | AIMED | READ, min_size=1, max_size=12))
def test_each_request_is_answered_and_the_engine_goes_on(requests: list[Request]) -> None:
    asyncio.run(_answered(requests))


async def _answered(requests: list[Request]) -> None:
    engine = EngineState(seed=1)
    transport = httpx.ASGITransport(application(engine))  # what is raised in it is raised here
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            first = {"name": "a", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"}
            assert (await http.post("/proxies", json=first)).status_code == 201
            for method, path, body in requests:
                _check(await http.request(method, path, content=body))
                await _is_whole(http)
    finally:
        engine.stop()


def _check(answer: httpx.Response) -> None:
    if answer.status_code == 500:  # as the real server answers what can't be listened on
        assert answer.json()["error"].startswith(("listen tcp", "address ", "lookup "))
    else:
        assert answer.status_code in ANSWERS
    if answer.status_code in (400, 409, 413):
        assert answer.json()["error"]


async def _is_whole(http: httpx.AsyncClient) -> None:
    """All that the engine has can be read, and none of it is of a kind that it refuses."""
    found: dict[str, Any] = (await http.get("/proxies")).json()
    for name, proxy in found.items():
        assert proxy["name"] == name
        assert len(proxy["toxics"]) <= MAX_TOXICS
        assert all(TOXICS[toxic["type"]](**toxic["attributes"]).problem() is None
                   for toxic in proxy["toxics"])  # fmt: skip
