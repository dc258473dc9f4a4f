"""Valkey dies, comes back empty, or hangs: nobody stops serving, nobody serves what is old."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from seatrial.system import Session
from tests.integration.stubs.reference import Reference, eventually, start
from tests.integration.stubs.test_events import plant


@pytest.fixture(scope="module")
def running() -> Iterator[Reference]:
    """A system that these tests break, one after the other."""
    with Session() as session:
        running = start(session)
        try:
            yield running
        finally:
            running.http.close()


@pytest.fixture
def own(running: Reference) -> Iterator[Reference]:
    """The system, repaired afterwards."""
    yield running
    if not running.valkey.process.running:
        running.restart_valkey()
    if not running.user.running:
        running.restart_user()
    eventually(running.healthy)


def test_without_redis_all_is_served_fresh_and_the_events_come_after_it_is_back(
    own: Reference,
) -> None:
    user_id = own.create("down@x", name="A")
    assert own.name(user_id) == "A origin"
    assert own.name(user_id) == "A cache"
    own.kill_valkey()
    eventually(lambda: own.health(own.market_urls[0]) == "degraded")
    own.change(user_id, name="B")
    assert own.name(user_id) == "B origin"
    assert own.name(user_id) == "B origin"  # and not remembered as fresh
    own.change(user_id, name="C")
    assert own.health(own.user_url) == "degraded"
    own.restart_valkey()
    eventually(own.healthy)
    assert own.name(user_id).startswith("C")
    assert own.name(user_id) == "C cache"
    own.change(user_id, name="D")
    eventually(lambda: own.name(user_id) == "D cache", 2.0)


@contextmanager
def steady_events_about_others(redis: Redis) -> Iterator[None]:
    """Put an event about somebody else into the stream every 20 ms."""
    stop = threading.Event()

    def publish() -> None:
        version = 0
        while not stop.wait(0.02):
            version += 1
            plant(redis, "somebody-else", version, "x")

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_the_cache_is_used_again_after_a_blip_while_events_flow_steadily(own: Reference) -> None:
    user_id = own.create("blip@x", name="A")
    eventually(lambda: own.name(user_id) == "A cache")
    with Redis.from_url(own.valkey.url) as redis, steady_events_about_others(redis):
        redis.client_kill_filter(_type="normal")
        eventually(lambda: own.health(own.market_urls[0]) == "degraded")
        own.change(user_id, name="B")
        eventually(lambda: own.name(user_id) == "B cache", 5.0)
        eventually(own.healthy, 5.0)


def test_a_hanging_redis_is_noticed_and_what_was_missed_is_caught_up(own: Reference) -> None:
    user_id = own.create("hang@x", name="A")
    assert own.name(user_id) == "A origin"
    own.valkey.process.pause()
    eventually(lambda: own.health(own.market_urls[0]) == "degraded")
    own.change(user_id, name="B")
    assert own.name(user_id) == "B origin"
    own.valkey.process.resume()
    eventually(own.healthy)
    assert own.name(user_id) == "B cache"


def test_with_user_service_down_too_an_old_card_is_marked_stale(own: Reference) -> None:
    user_id = own.create("stale@x", name="A")
    assert own.name(user_id) == "A origin"
    own.kill_valkey()
    eventually(lambda: own.health(own.market_urls[0]) == "degraded")
    own.user.kill()
    assert own.name(user_id) == "A stale"


def test_an_event_outlives_the_crash_of_its_service(own: Reference) -> None:
    user_id = own.create("crash@x", name="A")
    assert own.name(user_id) == "A origin"
    own.kill_valkey()
    eventually(lambda: own.health(own.market_urls[0]) == "degraded")
    own.change(user_id, name="B")
    own.user.kill()
    own.restart_valkey()
    own.restart_user()
    eventually(own.healthy)
    own.change(user_id, role="company")
    eventually(lambda: own.name(user_id) == "B cache", 5.0)
    assert own.card(user_id).json()["user"]["version"] == 3
