"""The profile against a real server: green when the cache is right, red for each defect."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.keys import ZipfKeys
from seatrial.loads.limits import judge_load
from seatrial.loads.record import LoadRun
from seatrial.loads.schedule import schedule
from seatrial.loads.session.locust import Progress
from seatrial.loads.validity import invalid_reasons
from seatrial.results import Verdict
from seatrial.system import Session
from tests.integration.loads.conftest import IDS, StartCards, start


@dataclass(frozen=True)
class RightRun:
    """A run against a right cache."""

    run: LoadRun
    evidence: LoadEvidence
    not_before_s: float
    said: list[Progress]


@pytest.fixture(scope="module")
def right() -> Iterator[RightRun]:
    """One run that all of the following look at."""
    said: list[Progress] = []
    with Session() as session:
        cards = start(session)
        not_before_s = cards.epoch_s + 3.0
        run = cards.run(duration_s=3.0, not_before_s=not_before_s, on_progress=said.append)
        yield RightRun(run, cards.evidence(run), not_before_s, said)


def test_a_right_cache_passes_every_declared_limit(right: RightRun) -> None:
    assert invalid_reasons(right.run) == ()
    verdicts = {check.id: check.verdict for check in judge_load(right.evidence)}
    judged = {name: one for name, one in verdicts.items() if one is not Verdict.SKIPPED}
    assert len(judged) == 5
    assert set(judged.values()) == {Verdict.PASSED}, verdicts


def test_every_planned_arrival_is_accounted_for(right: RightRun) -> None:
    run = right.run
    assert run.counts.sent == run.counts.answered == run.planned == len(run.arrivals)
    assert run.stats.latency_of().count == run.stats.lag.count == run.planned


def test_what_was_sent_is_what_the_seed_says(right: RightRun) -> None:
    run = right.run
    dues = list(schedule(run.plan))
    rows = sorted(run.stats.arrivals, key=lambda one: one.intended_s)
    offsets_s = [one.intended_s - run.started_s for one in rows]
    assert offsets_s == pytest.approx([due.at_s for due in dues], abs=1e-6)
    chosen = ZipfKeys(len(IDS), exponent=run.plan.zipf_exponent, seed=run.plan.seed)
    assert [one.key for one in rows] == [chosen.pick() for _ in dues]
    assert run.keys == IDS


def test_nothing_is_sent_before_its_time(right: RightRun) -> None:
    assert right.run.started_s >= right.not_before_s
    assert min(one.sent_s for one in right.run.arrivals) >= right.not_before_s


def test_progress_is_told_while_it_runs(right: RightRun) -> None:
    assert len(right.said) >= 3
    assert right.said[-1].sent > right.said[0].sent


@pytest.mark.parametrize(
    ("options", "red"),
    [
        (("--ttl-s", "0"), {"load.hit-ratio", "load.upstream-over-oracle"}),
        (("--ttl-s", "5"), {"load.entries-expire"}),
        (("--no-single-flight", "--origin-s", "0.1"), {"load.upstream-over-oracle"}),
        (("--hit-s", "0.05", "--fail-every", "20"), {"load.hits-beat-misses", "load.errors"}),
    ],
    ids=["no-cache", "ttl-ignored", "no-single-flight", "slow-hits-and-errors"],
)
def test_each_defect_turns_its_limit_red(
    start_cards: StartCards, options: tuple[str, ...], red: set[str]
) -> None:
    cards = start_cards(*options)
    evidence = cards.evidence(cards.run())
    failed = {check.id for check in judge_load(evidence) if check.verdict is Verdict.FAILED}
    assert failed == red
