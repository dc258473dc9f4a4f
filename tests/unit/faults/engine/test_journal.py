"""The journal keeps what it says it keeps."""

from seatrial.faults.engine.journal import ConnectionJournal
from seatrial.faults.engine.named import NamedToxic
from seatrial.faults.engine.toxics.noop import NoopToxic


def _toxic(name: str) -> NamedToxic:
    return NamedToxic(name, "upstream", "upstream", 1.0, NoopToxic())


def test_oldest_entries_are_forgotten_and_counted() -> None:
    journal = ConnectionJournal(entries=3)
    for number in range(5):
        journal.begin("a", number, "c", float(number))
    assert [entry.id for entry in journal.entries(None)] == [3, 4, 5]
    assert journal.forgotten == 2


def test_entries_are_chosen_by_proxy_and_read_on() -> None:
    journal = ConnectionJournal()
    for proxy in ("a", "b", "a"):
        journal.begin(proxy, 1, "c", 0.0)
    assert [entry.id for entry in journal.entries("a")] == [1, 3]
    assert [entry.id for entry in journal.entries(None, after=1)] == [2, 3]


def test_toxics_are_noted_with_the_time_in_which_they_worked() -> None:
    entry = ConnectionJournal().begin("a", 1, "c", 0.0)
    first, second = _toxic("first"), _toxic("second")
    entry.worked(first, True, 1.0)
    entry.worked(second, True, 2.0)
    entry.worked(first, False, 3.0)
    entry.worked(first, True, 4.0)
    assert [(hit.name, hit.from_s, hit.until_s) for hit in entry.hits] == [
        ("first", 1.0, 3.0),
        ("second", 2.0, None),
        ("first", 4.0, None),
    ]


def test_toxics_that_change_forever_cost_bounded_memory() -> None:
    entry = ConnectionJournal().begin("a", 1, "c", 0.0)
    for moment in range(1000):
        entry.worked(_toxic("restless"), True, moment)
        entry.worked(_toxic("restless"), False, moment + 0.5)
    assert len(entry.hits) <= 100
    assert all(hit.until_s is not None for hit in entry.hits)
