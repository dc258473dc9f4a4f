"""Who sent a request: its declared consumer, or whoever got a link from it."""

from collections.abc import Collection

from seatrial.explore import JOURNEY, Point
from seatrial.explore.alternatives import Alternatives
from seatrial.explore.contracts import Contracts
from seatrial.explore.edges import TappedEdge
from seatrial.explore.naming import Aliases
from seatrial.explore.parents import Operation, calls_of
from seatrial.explore.processes import Processes
from seatrial.explore.system import Step
from seatrial.explore.watch import SeenCall, Watch
from seatrial.tap import JournalEntry


def step(started_s: float, ended_s: float) -> Step:
    """The journey asks the shop."""
    point = Point(JOURNEY, "GET shop/")
    return Step(
        1, "shop", "GET", "/", "", started_s, "trace", point=point, ended_s=ended_s, status=200
    )


def call(
    consumer: str,
    provider: str,
    path: str,
    between_s: tuple[float, float],
    answer: bytes | None = b"{}",
) -> SeenCall:
    """Return a request that a tap saw; without an answer its consumer gave it up."""
    arrived_s, ended_s = between_s
    entry = JournalEntry(
        id=1,
        connection=1,
        method="GET",
        path=path,
        query="",
        in_flight=1,
        arrived_s=arrived_s,
        answered_s=None if answer is None else ended_s,
        aborted_s=ended_s if answer is None else None,
        ended_s=ended_s,
        status=None if answer is None else 200,
    )
    edge = TappedEdge(f"{consumer}->{provider}", consumer, provider)
    return SeenCall(
        edge, Point(edge.name, f"GET {path}"), entry, f"GET {path}", (), "", answer or b""
    )


def senders(
    *calls: SeenCall, background: Collection[Operation] = ()
) -> list[tuple[str, int | None]]:
    """Return who sent each of them, and during which request."""
    watch = Watch(frozenset(), Aliases(), Alternatives(Processes(), 1.0), Contracts())
    watch.calls += calls
    return [(one.consumer, one.parent) for one in calls_of(watch, [step(0.0, 9.0)], background)[1:]]


def test_whoever_got_a_link_follows_it() -> None:
    link = b'{"url": "http://127.0.0.1:4711/books/2"}'
    assert senders(
        call("shop", "catalogue", "/where/2", (1.0, 2.0), link),
        call("catalogue", "files", "/books/2", (3.0, 4.0)),
    ) == [("shop", 0), ("shop", 0)]


def test_what_a_service_sends_in_the_background_stays_its_own() -> None:
    link = b'{"url": "http://127.0.0.1:4711/books/1"}'
    assert senders(
        call("shop", "catalogue", "/where/2", (1.0, 2.0), link),
        call("catalogue", "files", "/books/2", (3.0, 4.0)),
    ) == [("shop", 0), ("catalogue", None)]


def test_a_service_at_work_sends_its_own_requests() -> None:
    link = b'{"url": "http://127.0.0.1:4711/books/2"}'
    assert senders(
        call("shop", "catalogue", "/where/2", (1.0, 2.0), link),
        call("shop", "catalogue", "/list", (2.5, 5.0)),
        call("catalogue", "files", "/books/2", (3.0, 4.0)),
    ) == [("shop", 0), ("shop", 0), ("catalogue", 2)]


def test_a_service_works_on_at_what_its_caller_gave_up() -> None:
    assert senders(
        call("shop", "catalogue", "/list", (1.0, 2.0), None),
        call("catalogue", "files", "/primary", (1.5, 2.5), None),
        call("catalogue", "files", "/secondary", (3.0, 4.0)),
    ) == [("shop", 0), ("catalogue", 1), ("catalogue", 1)]


def test_what_comes_after_an_answer_has_no_parent() -> None:
    assert senders(
        call("shop", "catalogue", "/list", (1.0, 2.0)),
        call("catalogue", "files", "/secondary", (3.0, 4.0)),
    ) == [("shop", 0), ("catalogue", None)]


def test_what_is_sent_in_the_background_has_no_parent_though_it_began_before_the_answer() -> None:
    calls = [
        call("shop", "catalogue", "/list", (1.0, 2.0)),
        call("catalogue", "files", "/mails", (1.9, 2.1)),
    ]
    mails = ("catalogue->files", "GET /mails")
    assert senders(*calls) == [("shop", 0), ("catalogue", 1)]
    assert senders(*calls, background={mails}) == [("shop", 0), ("catalogue", None)]
