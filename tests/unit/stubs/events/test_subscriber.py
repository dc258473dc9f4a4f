"""The subscriber against a stream in memory, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from seatrial.resilience.testing import virtual_time
from stubs.events import BadEvent, EventType, UserEvent, UserEventSubscriber
from stubs.tracing import Tracer, current_trace_id
from tests.unit.stubs.events.memory_log import MemoryLog

STREAM = "user.events"


class Notes:
    """A handler that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.failures = 0

    async def handle(self, event: UserEvent) -> None:
        """Fail as often as wanted, then note."""
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not now")
        if event.user_id == "bad":
            raise BadEvent("its data isn't a user's")
        self.heard.append(f"{event.user_id} v{event.version} {current_trace_id()}")

    def lost(self) -> None:
        """Note it."""
        self.heard.append("lost")

    def forgotten(self) -> None:
        """Note it."""
        self.heard.append("forgotten")

    def caught_up(self) -> None:
        """Note it."""
        self.heard.append("caught up")


def event(version: int, user: str = "u", event_id: str = "") -> UserEvent:
    """An event."""
    event_id = event_id or f"{user}{version}"
    return UserEvent(EventType.USER_UPDATED, user, {}, "now", event_id, version, "t")


class Scene:
    """A stream, a subscriber that follows it, and what its handler heard."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.notes = Notes()
        self.lines: list[str] = []

    def append(self, message: UserEvent | bytes) -> None:
        """Let a publisher add an entry."""
        self.log.add(STREAM, message)

    def play(self, script: Callable[["Scene"], Awaitable[None]]) -> list[str]:
        """Run the script next to the subscriber; return what the handler heard."""
        with virtual_time() as loop:
            self.subscriber = UserEventSubscriber(
                self.log,
                self.notes,
                Tracer("s", self.lines.append),
                clock=loop.time,
            )

            async def both() -> None:
                reading = asyncio.create_task(self.subscriber.run())
                await asyncio.sleep(0.3)
                await script(self)
                await asyncio.sleep(0.6)
                assert not reading.done()
                reading.cancel()

            loop.run(both())
        return self.notes.heard


def test_the_first_connection_forgets_and_is_caught_up_without_old_events() -> None:
    scene = Scene()
    scene.append(event(1))

    async def script(scene: Scene) -> None:
        scene.append(event(2))

    assert scene.play(script) == ["forgotten", "caught up", "u v2 t"]


def test_each_event_is_told_once_and_never_an_older_version() -> None:
    async def script(scene: Scene) -> None:
        for each in (event(2), event(2), event(1), event(3, event_id="u2"), event(4)):
            scene.append(each)

    scene = Scene()
    assert scene.play(script)[2:] == ["u v2 t", "u v4 t"]
    assert scene.subscriber.repeated == 3
    assert scene.subscriber.handled == 2


def test_a_lost_connection_is_told_and_missed_events_come_before_caught_up() -> None:
    async def script(scene: Scene) -> None:
        scene.append(event(1))
        await asyncio.sleep(1)
        scene.log.down = True
        await asyncio.sleep(3)
        assert not scene.subscriber.is_caught_up
        assert scene.subscriber.failing == "refused"
        scene.append(event(2))
        scene.log.down = False
        await asyncio.sleep(3)
        assert scene.subscriber.is_caught_up

    assert Scene().play(script)[2:] == ["u v1 t", "lost", "u v2 t", "caught up"]


def test_after_a_reconnection_it_waits_for_a_publisher_that_was_cut_off_too() -> None:
    async def script(scene: Scene) -> None:
        scene.append(event(1))
        await asyncio.sleep(1)
        scene.log.down = True
        await asyncio.sleep(1)
        scene.log.down = False
        await asyncio.sleep(0.9)
        assert not scene.subscriber.is_caught_up
        scene.append(event(2))
        await asyncio.sleep(1.5)

    assert Scene().play(script)[2:] == ["u v1 t", "lost", "u v2 t", "caught up"]


def test_events_that_flow_steadily_do_not_put_off_that_it_is_caught_up() -> None:
    async def script(scene: Scene) -> None:
        scene.append(event(1))
        await asyncio.sleep(1)
        scene.log.down = True
        await asyncio.sleep(1)
        scene.log.down = False
        for number in range(150):
            scene.append(event(number, user="other"))
            await asyncio.sleep(0.02)
        assert scene.subscriber.is_caught_up

    heard = Scene().play(script)[2:]
    assert 0 < heard.index("caught up") < len(heard) - 50


def test_what_was_there_at_the_reconnection_is_told_before_it_is_caught_up() -> None:
    async def script(scene: Scene) -> None:
        scene.append(event(1))
        await asyncio.sleep(1)
        scene.log.down = True
        await asyncio.sleep(1)
        for number in range(1200):  # more than one batch
            scene.append(event(1, user=f"missed-{number}"))
        scene.log.down = False
        await asyncio.sleep(3)

    assert Scene().play(script)[-2:] == ["missed-1199 v1 t", "caught up"]


def test_a_stream_that_lost_what_was_read_means_that_everything_is_forgotten() -> None:
    async def script(scene: Scene) -> None:
        scene.append(event(1))
        await asyncio.sleep(1)
        scene.log.down = True
        await asyncio.sleep(1)
        scene.log.entries.clear()
        scene.append(event(3, user="other"))
        scene.log.down = False
        await asyncio.sleep(3)
        scene.append(event(4, user="other"))

    heard = Scene().play(script)[2:]
    assert heard == ["u v1 t", "lost", "forgotten", "caught up", "other v4 t"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"nonsense", "it isn't JSON"),
        (b"", "it has no field 'event'"),
        (event(1, user="bad"), "its data isn't a user's"),
    ],
)
def test_a_bad_event_is_put_aside_and_blocks_no_other(bad: UserEvent | bytes, reason: str) -> None:
    async def script(scene: Scene) -> None:
        scene.append(bad)
        scene.append(event(1))

    scene = Scene()
    assert scene.play(script)[2:] == ["forgotten", "u v1 t"]
    assert scene.log.dead == [(scene.log.entries[STREAM][0].message, reason)]
    assert scene.subscriber.dead == 1


@pytest.mark.parametrize(("failures", "dead"), [(2, 0), (3, 1)])
def test_an_event_is_tried_three_times_before_it_is_put_aside(failures: int, dead: int) -> None:
    async def script(scene: Scene) -> None:
        scene.notes.failures = failures
        scene.append(event(1))
        scene.append(event(1, user="next"))

    scene = Scene()
    heard = scene.play(script)[2:]
    assert heard == (["forgotten", "next v1 t"] if dead else ["u v1 t", "next v1 t"])
    assert scene.subscriber.dead == dead
