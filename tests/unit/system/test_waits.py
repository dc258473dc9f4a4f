"""The time that a process waited for a processor."""

from pathlib import Path

from seatrial.system import waited_for_cpu_s


def test_the_waits_of_all_threads_are_added(tmp_path: Path) -> None:
    for thread, text in (("7", "5 1500000000 3"), ("8", "5 500000000 3"), ("9", "torn")):
        folder = tmp_path / "7" / "task" / thread
        folder.mkdir(parents=True)
        (folder / "schedstat").write_text(text)
    assert waited_for_cpu_s(7, tmp_path) == 2.0


def test_where_nobody_counts_them_there_are_none(tmp_path: Path) -> None:
    assert waited_for_cpu_s(7, tmp_path) == 0.0
