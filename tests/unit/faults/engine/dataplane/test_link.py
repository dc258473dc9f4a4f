"""A link between two sockets that only note what is asked of them."""

import random
from typing import Any, cast

import pytest

from seatrial.faults.engine.dataplane.link import Link
from seatrial.faults.engine.dataplane.sockets import Socket
from seatrial.faults.engine.named import NamedToxic
from seatrial.faults.engine.toxics import Toxic
from seatrial.faults.engine.toxics.bandwidth import BandwidthToxic
from seatrial.faults.engine.toxics.latency import LatencyToxic
from seatrial.faults.engine.toxics.limit_data import LimitDataToxic
from seatrial.faults.engine.toxics.slicer import SlicerToxic
from seatrial.faults.engine.toxics.slow_close import SlowCloseToxic
from seatrial.faults.engine.toxics.timeout import TimeoutToxic


class _Socket:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.reading = True
        self.closed = False
        self.idle = True

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


class _Ends:
    """The owner of a link, and both of its sockets."""

    def __init__(self, *toxics: Toxic, toxicity: float = 1.0, allowance: int = 1000) -> None:
        self.source, self.dest = _Socket(), _Socket()
        self.toxics = [_named(str(n), toxic, toxicity) for n, toxic in enumerate(toxics)]
        self.working: list[str] = []
        self._allowance = allowance
        self.link = Link(self, "upstream", lambda: random.Random(1))
        self.link.open(cast("Socket", self.source), cast("Socket", self.dest), self.toxics)

    @property
    def data(self) -> bytes:
        return b"".join(self.dest.written)

    def reset(self) -> None:
        raise AssertionError

    def link_ended(self, link: Link) -> None:
        pass

    def worked(self, link: Link, toxic: NamedToxic, working: bool) -> None:
        if working:
            self.working.append(toxic.name)
        else:
            self.working.remove(toxic.name)

    def allowance(self) -> int:
        return self._allowance


def _named(name: str, toxic: Toxic, toxicity: float = 1.0) -> NamedToxic:
    return NamedToxic(name, "upstream", "upstream", toxicity, toxic)


async def test_link_without_toxics_writes_what_it_is_fed() -> None:
    ends = _Ends()
    ends.link.feed(b"a" * 100_000)
    ends.link.feed_end()
    assert ends.dest.written == [b"a" * 100_000]
    assert ends.dest.closed
    assert (ends.link.received_bytes, ends.link.sent_bytes) == (100_000, 100_000)


async def test_nothing_is_written_after_the_end() -> None:
    ends = _Ends(LimitDataToxic(bytes=3))
    ends.link.feed(b"12345")
    ends.link.feed(b"more")
    ends.link.feed_end()
    assert (ends.data, ends.dest.closed) == (b"123", True)
    assert ends.link.received_bytes == 9


async def test_source_is_stopped_while_too_much_is_held() -> None:
    ends = _Ends(BandwidthToxic(rate=0), allowance=1000)
    ends.link.feed(b"x" * 900)
    assert ends.source.reading
    ends.link.feed(b"x" * 200)
    assert not ends.source.reading
    ends.link.remove(ends.toxics[0])
    assert ends.source.reading
    assert len(ends.data) == 1100


async def test_source_is_stopped_while_the_destination_is_full() -> None:
    ends = _Ends()
    ends.link.congest(True)
    assert not ends.source.reading
    ends.link.congest(False)
    assert ends.source.reading


async def test_added_toxic_stands_at_the_end_of_the_chain() -> None:
    ends = _Ends(LatencyToxic(latency=60_000))
    ends.link.feed(b"12345")
    limit = _named("limit", LimitDataToxic(bytes=3))
    ends.link.add(limit)
    ends.link.remove(ends.toxics[0])
    assert ends.data == b"123"


async def test_removed_toxic_gives_what_it_held_to_the_next() -> None:
    ends = _Ends(LatencyToxic(latency=60_000), LimitDataToxic(bytes=4))
    for data in (b"12", b"34", b"56"):
        ends.link.feed(data)
    assert ends.data == b""
    ends.link.remove(ends.toxics[0])
    assert (ends.data, ends.dest.closed) == (b"1234", True)


async def test_updated_toxic_keeps_order_of_what_it_held() -> None:
    ends = _Ends(LatencyToxic(latency=60_000))
    for data in (b"1", b"2", b"3"):
        ends.link.feed(data)
    ends.link.update(ends.toxics[0], _named("0", LatencyToxic(latency=0)))
    ends.link.feed(b"4")
    assert ends.data == b"1234"


async def test_toxic_updated_to_spare_the_link_lets_all_go_with_the_end() -> None:
    ends = _Ends(LatencyToxic(latency=60_000))
    ends.link.feed(b"12")
    ends.link.feed(b"34")
    ends.link.feed_end()
    ends.link.update(ends.toxics[0], _named("0", LatencyToxic(latency=60_000), toxicity=0))
    assert (ends.data, ends.dest.closed, ends.working) == (b"1234", True, [])


async def test_counter_outlives_a_time_without_effect() -> None:
    ends = _Ends(LimitDataToxic(bytes=5))
    ends.link.feed(b"123")
    spared = _named("0", LimitDataToxic(bytes=5), toxicity=0)
    ends.link.update(ends.toxics[0], spared)
    ends.link.feed(b"abc")
    ends.link.update(spared, _named("0", LimitDataToxic(bytes=5)))
    ends.link.feed(b"456789")
    assert ends.data == b"123abc45"


async def test_removed_timeout_closes_through_the_rest_of_the_chain() -> None:
    ends = _Ends(TimeoutToxic(), SlowCloseToxic(delay=60_000))
    ends.link.remove(ends.toxics[0])
    ends.link.feed(b"too late")
    assert (ends.data, ends.dest.closed) == (b"", False)
    ends.link.remove(ends.toxics[1])
    assert (ends.data, ends.dest.closed) == (b"", True)


async def test_dropped_link_holds_nothing_and_says_nothing() -> None:
    ends = _Ends(LatencyToxic(latency=10), BandwidthToxic(rate=1), SlowCloseToxic(delay=10))
    ends.link.feed(b"x" * 500)
    ends.dest.closed = True
    ends.link.drop()
    ends.link.feed(b"more")
    ends.link.feed_end()
    assert (ends.data, ends.working) == (b"", [])


@pytest.mark.parametrize(
    ("toxicity", "hit"), [(1.0, True), (7.0, True), (0.0, False), (-1.0, False)]
)
async def test_toxicity_decides_whether_a_toxic_works(toxicity: float, hit: bool) -> None:
    ends = _Ends(TimeoutToxic(), toxicity=toxicity)
    ends.link.feed(b"x")
    assert ends.data == (b"" if hit else b"x")
    assert ends.working == (["0"] if hit else [])


async def test_data_comes_in_real_chunks_where_that_matters() -> None:
    ends = _Ends(SlicerToxic(average_size=1_000_000))
    ends.link.feed(b"x" * 100_000)
    assert [len(data) for data in ends.dest.written] == [32768, 32768, 32768, 1696]


async def test_data_goes_unseen_where_no_toxic_needs_to_see_it() -> None:
    ends = _Ends(LatencyToxic(), SlowCloseToxic(delay=1), LimitDataToxic(bytes=100_000))
    way = ends.link.spliceable()
    assert way is not None
    assert way[1] == 99_999
    ends.link.passed(60_000)
    assert (ends.link.received_bytes, ends.link.sent_bytes) == (60_000, 60_000)
    way = ends.link.spliceable()
    assert way is not None
    assert way[1] == 39_999
    ends.link.feed(bytes(50_000))
    assert len(ends.data) == 40_000


@pytest.mark.parametrize(
    "toxic",
    [
        LatencyToxic(latency=1),
        LatencyToxic(jitter=1),
        BandwidthToxic(rate=1),
        SlicerToxic(average_size=9),
        TimeoutToxic(),
    ],
)
async def test_data_that_a_toxic_works_on_is_seen(toxic: Toxic) -> None:
    assert _Ends(toxic).link.spliceable() is None


async def test_data_never_overtakes_what_waits_at_its_destination() -> None:
    ends = _Ends()
    ends.dest.idle = False
    assert ends.link.spliceable() is None
