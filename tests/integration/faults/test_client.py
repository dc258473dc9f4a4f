"""The adapter over toxiproxy-python, on both engines."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import toxiproxy.api

from seatrial.errors import SeatrialError, UsageError
from seatrial.faults import Proxy, Toxiproxy
from seatrial.faults.engines import Engine
from seatrial.faults.errors import (
    BadRequestError,
    NoAnswerError,
    ProxyExistsError,
    ProxyNotFoundError,
    ServerFailedError,
    ToxicExistsError,
    ToxicNotFoundError,
)

from .wire import Upstream, Wire


@pytest.fixture
def client(api: object, engine: Engine) -> Toxiproxy:
    """The engine through the adapter; `api` deletes what is left."""
    return Toxiproxy(engine.url)


@pytest.fixture
def proxy(client: Toxiproxy) -> Proxy:
    """A proxy that leads nowhere."""
    return client.create("shop", "127.0.0.1:1")


def test_version_is_text(client: Toxiproxy) -> None:
    assert client.version()[0].isdigit() or client.version() == "git"


def test_two_servers_keep_their_own_proxies(real: Engine, embedded: Engine) -> None:
    clients = [Toxiproxy(engine.url) for engine in (real, embedded)]
    made = [client.create(name, "x:1") for client, name in zip(clients, "ab", strict=True)]
    assert [list(client.proxies()) for client in clients] == [["a"], ["b"]]
    for one in made:
        one.delete()


def test_library_itself_is_left_as_it_was(client: Toxiproxy) -> None:
    client.version()
    consumer = toxiproxy.api.APIConsumer
    assert (consumer.host, consumer.port) == ("127.0.0.1", 8474)


def test_created_proxy_knows_where_it_listens(proxy: Proxy) -> None:
    assert proxy.url == f"http://{proxy.listen}"
    assert proxy.enabled
    with socket.create_connection(("127.0.0.1", int(proxy.listen.rpartition(":")[2]))):
        pass


def test_proxy_on_every_interface_is_reached_at_the_servers_host(client: Toxiproxy) -> None:
    everywhere = client.create("shop", "127.0.0.1:1", "0.0.0.0:0")
    assert everywhere.url == f"http://127.0.0.1:{everywhere.listen.rpartition(':')[2]}"


def test_proxies_are_found_by_name(client: Toxiproxy, proxy: Proxy) -> None:
    found = client.proxies()[proxy.name]
    assert (found.name, found.listen, found.upstream) == ("shop", proxy.listen, "127.0.0.1:1")


@pytest.mark.parametrize("name", ["a b", "100%", "ü?#", "..x", "a&b=c"])
def test_names_may_have_any_character_but_a_slash(client: Toxiproxy, name: str) -> None:
    made = client.create(name, "127.0.0.1:1")
    made.add_toxic("latency", name=name, latency=1)
    assert made.update_toxic(name, jitter=2).attributes == {"latency": 1, "jitter": 2}
    made.remove_toxic(name)
    made.disable()
    assert client.proxies()[name].enabled is False
    made.delete()
    assert client.proxies() == {}


@pytest.mark.parametrize("name", ["a/b", ".", ".."])
def test_name_that_no_path_can_hold_is_refused(client: Toxiproxy, name: str) -> None:
    with pytest.raises(BadRequestError, match="can't be reached"):
        client.create(name, "127.0.0.1:1")
    assert client.proxies() == {}


def test_toxic_is_returned_as_the_server_has_it(proxy: Proxy) -> None:
    toxic = proxy.add_toxic("latency", "upstream", 0.5, latency=100)
    assert (toxic.name, toxic.type, toxic.stream) == ("latency_upstream", "latency", "upstream")
    assert (toxic.toxicity, toxic.attributes) == (0.5, {"latency": 100, "jitter": 0})
    assert proxy.toxics() == (toxic,)


def test_toxic_is_updated_in_place(proxy: Proxy) -> None:
    proxy.add_toxic("latency", name="slow", latency=100)
    toxic = proxy.update_toxic("slow", toxicity=0.25, jitter=5)
    assert (toxic.toxicity, toxic.attributes) == (0.25, {"latency": 100, "jitter": 5})
    assert proxy.toxics() == (toxic,)


def test_proxy_is_led_elsewhere(proxy: Proxy) -> None:
    listen = proxy.listen
    proxy.update(upstream="127.0.0.1:2")
    assert (proxy.upstream, proxy.listen) == ("127.0.0.1:2", listen)


def test_enabling_fails_when_the_port_was_taken_meanwhile(proxy: Proxy) -> None:
    proxy.disable()
    host, _, port = proxy.listen.rpartition(":")
    with socket.create_server((host, int(port))):
        with pytest.raises(ServerFailedError, match="address already in use") as caught:
            proxy.enable()
        assert caught.value.status == 500
        assert not proxy.enabled
    proxy.enable()
    assert proxy.enabled


def test_reset_enables_all_and_removes_toxics(client: Toxiproxy, proxy: Proxy) -> None:
    proxy.add_toxic("noop")
    proxy.disable()
    client.reset()
    assert (proxy.enabled, proxy.toxics()) == (True, ())


def test_errors_are_told_apart(client: Toxiproxy, proxy: Proxy) -> None:
    with pytest.raises(ProxyExistsError, match="already exists"):
        client.create(proxy.name, "127.0.0.1:1")
    with pytest.raises(ServerFailedError, match="missing port in address"):
        client.create("other", "127.0.0.1:1", "nonsense")
    proxy.add_toxic("noop", name="a")
    with pytest.raises(ToxicExistsError):
        proxy.add_toxic("latency", "upstream", name="a")
    with pytest.raises(BadRequestError, match="invalid toxic type"):
        proxy.add_toxic("nonsense")
    with pytest.raises(BadRequestError, match=r"cannot unmarshal number 1\.5"):
        proxy.add_toxic("latency", latency=1.5)
    for gone in ("b", "a/b"):
        with pytest.raises(ToxicNotFoundError):
            proxy.remove_toxic(gone)
    proxy.delete()
    with pytest.raises(ProxyNotFoundError, match="proxy not found"):
        proxy.enable()


def test_errors_are_one_sentence_of_text(client: Toxiproxy) -> None:
    with pytest.raises(SeatrialError) as caught:
        client.create("", "127.0.0.1:1")
    assert str(caught.value) == "Toxiproxy: missing required field: name (400)"


def test_proxy_of_the_environment_is_not_used(
    client: Toxiproxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert client.version()


def test_server_that_never_answers_is_given_up(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        began_s = time.monotonic()
        with pytest.raises(NoAnswerError, match=r"did not answer /version within 0\.3 s"):
            Toxiproxy(f"http://127.0.0.1:{free_port}", timeout_s=0.3).version()
        assert time.monotonic() - began_s < 10


def test_nobody_there_is_an_error_of_usage(free_port: int) -> None:
    with pytest.raises(UsageError, match=f"nobody answers .*:{free_port} .Connection refused"):
        Toxiproxy(f"http://127.0.0.1:{free_port}").version()


@contextmanager
def _answering(raw: bytes) -> Iterator[str]:
    """A server that answers one request with these bytes."""
    upstream = Upstream()

    def answer() -> None:
        end = upstream.accept()
        end.sock.recv(1000)
        end.send(raw)

    with ThreadPoolExecutor() as pool:
        done = pool.submit(answer)
        yield f"http://{upstream.address}"
        done.result()
    upstream.close()


def test_other_server_is_not_taken_for_a_toxiproxy() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
    with (
        _answering(raw) as url,
        pytest.raises(ServerFailedError, match="isn't a Toxiproxy: it says 'hello'"),
    ):
        Toxiproxy(url).version()


def test_server_that_hangs_up_is_told() -> None:
    with _answering(b"SSH-2.0-x\r\n") as url, pytest.raises(NoAnswerError, match="nobody answers"):
        Toxiproxy(url).version()


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8474", "https://127.0.0.1:8474", "http://", "http://x:y", "http://x/a"]
)
def test_malformed_address_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(UsageError, match=r"is like http://127\.0\.0\.1:8474"):
        Toxiproxy(url)


def test_added_toxic_works_on_the_wire(wire: Wire, engine: Engine) -> None:
    proxy = Toxiproxy(engine.url).proxies()[wire.name]
    proxy.add_toxic("limit_data", bytes=3)
    _, server = ends = wire.connect()
    server.send(b"12345")
    assert ends[0].rest()[0] == b"123"
