"""The things that are written down, and how long they stay."""

from itertools import count

import pytest

from seatrial.tap.journal import JournalEntry, RequestJournal, redacted
from seatrial.tap.message import Headers

Pairs = list[tuple[bytes, bytes]]


class Clock:
    """Says 1.0, 2.0, 3.0 and so on."""

    def __init__(self) -> None:
        self._ticks = count(1)

    def __call__(self) -> float:
        """The next."""
        return float(next(self._ticks))


@pytest.fixture
def journal() -> RequestJournal:
    return RequestJournal(Clock(), limit=3, headers=("X-User", "Authorization", "cookie"))


def arrive(
    journal: RequestJournal, target: bytes = b"/a", headers: Pairs | None = None
) -> JournalEntry:
    return journal.arrive(1, "GET", target, fields(headers or []))


def fields(pairs: Pairs) -> Headers:
    headers = Headers()
    for name, value in pairs:
        headers.add(name, value)
    return headers


def test_entry_tells_target_trace_and_key_as_they_came(journal: RequestJournal) -> None:
    headers = [(b"X-Trace-Id", b"t"), (b"IDEMPOTENCY-KEY", b"k"), (b"x-trace-id", b"second")]
    entry = arrive(journal, b"/a%20b?c=d?e", headers)
    assert (entry.path, entry.query) == ("/a%20b", "c=d?e")
    assert (entry.trace_id, entry.idempotency_key) == ("t", "k")
    assert (entry.id, entry.connection, entry.arrived_s) == (1, 1, 1.0)


def test_only_wanted_headers_are_written_and_credentials_never(journal: RequestJournal) -> None:
    headers = [
        (b"x-user", b"u"),
        (b"authorization", b"Bearer s"),
        (b"Cookie", b"sid=1"),
        (b"x-other", b"o"),
    ]
    entry = arrive(journal, headers=headers)
    assert entry.headers == {
        "x-user": "u",
        "authorization": redacted(b"Bearer s"),
        "cookie": redacted(b"sid=1"),
    }
    text = repr(entry)
    assert "sid=1" not in text
    assert "Bearer" not in text


def test_redacted_headers_are_never_written_and_stay_comparable() -> None:
    journal = RequestJournal(
        lambda: 1.0, headers=["x-api-key"], redact=["X-Api-Key", "Idempotency-Key"]
    )

    def shown(key: bytes) -> tuple[str, str | None]:
        sent = [(b"x-api-key", b"secret-" + key), (b"idempotency-key", b"secret-" + key)]
        entry = arrive(journal, headers=sent)
        assert "secret" not in repr(entry)
        return entry.headers["x-api-key"], entry.idempotency_key

    assert shown(b"1") == shown(b"1") != shown(b"2")


def test_attempts_are_counted_by_method_target_and_trace(journal: RequestJournal) -> None:
    trace = [(b"x-trace-id", b"t")]
    assert [arrive(journal, headers=trace).attempt for _ in range(3)] == [1, 2, 3]
    assert arrive(journal, b"/a?other", trace).attempt == 1
    assert journal.arrive(1, "PUT", b"/a", fields(trace)).attempt == 1
    assert arrive(journal, headers=[(b"x-trace-id", b"u")]).attempt == 1
    assert arrive(journal).attempt is None


def test_in_flight_counts_what_has_arrived_and_not_ended(journal: RequestJournal) -> None:
    first, second = arrive(journal), arrive(journal)
    assert (first.in_flight, second.in_flight) == (1, 2)
    journal.answered(first)
    assert arrive(journal).in_flight == 2


def test_an_end_is_written_once(journal: RequestJournal) -> None:
    record = arrive(journal)
    journal.answered(record)
    journal.aborted(record)
    journal.ended(record)
    entry = record
    assert (entry.answered_s, entry.aborted_s, entry.ended_s) == (2.0, None, 2.0)
    assert journal.in_flight == 0


def test_abort_is_no_answer(journal: RequestJournal) -> None:
    record = arrive(journal)
    journal.aborted(record)
    journal.answered(record)
    assert record.aborted
    assert record.answered_s is None


def test_oldest_entries_are_dropped_and_counted(journal: RequestJournal) -> None:
    for _ in range(5):
        journal.ended(arrive(journal))
    page = journal.page()
    assert [entry.id for entry in page.entries] == [3, 4, 5]
    assert (page.dropped, page.next) == (2, 5)


def test_long_texts_are_bounded_in_all(
    monkeypatch: pytest.MonkeyPatch, journal: RequestJournal
) -> None:
    monkeypatch.setattr("seatrial.tap.journal.LIMIT_BYTES", 100)
    for _ in range(3):
        journal.ended(arrive(journal, b"/" + b"a" * 48))
    page = journal.page()
    assert ([entry.id for entry in page.entries], page.dropped) == ([2, 3], 1)


def test_page_is_limited_and_says_that_there_is_more(journal: RequestJournal) -> None:
    for _ in range(3):
        journal.ended(arrive(journal))
    page = journal.page(limit=2)
    assert ([entry.id for entry in page.entries], page.next, page.more) == ([1, 2], 2, True)
    page = journal.page(since=2, limit=2)
    assert ([entry.id for entry in page.entries], page.next, page.more) == ([3], 3, False)


def test_page_begins_after_an_id(journal: RequestJournal) -> None:
    for _ in range(3):
        journal.ended(arrive(journal))
    assert [entry.id for entry in journal.page(since=1).entries] == [2, 3]
    assert journal.page(since=3).entries == ()
    assert journal.page(since=99).entries == ()


def test_next_comes_back_to_what_is_under_way(journal: RequestJournal) -> None:
    first, second, third = (arrive(journal) for _ in range(3))
    journal.answered(first)
    journal.answered(third)
    page = journal.page()
    assert (page.next, page.in_flight) == (1, 1)
    assert [entry.pending for entry in page.entries] == [False, True, False]
    journal.answered(second)
    again = journal.page(since=page.next)
    assert ([entry.id for entry in again.entries], again.next) == ([2, 3], 3)


def test_clear_forgets_entries_and_attempts_but_ids_go_on(journal: RequestJournal) -> None:
    trace = [(b"x-trace-id", b"t")]
    under_way = arrive(journal, headers=trace)
    journal.clear()
    record = arrive(journal, headers=trace)
    assert (record.id, record.attempt, record.in_flight) == (2, 1, 2)
    assert [entry.id for entry in journal.page().entries] == [2]
    journal.ended(under_way)
    assert journal.in_flight == 1


def test_read_copy_does_not_change_afterwards(journal: RequestJournal) -> None:
    record = arrive(journal)
    (entry,) = journal.page().entries
    record.status = 200
    journal.answered(record)
    assert (entry.status, entry.pending) == (None, True)
