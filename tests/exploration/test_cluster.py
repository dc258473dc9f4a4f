"""A search on a real Dask cluster of two workers, of which one is killed in the middle."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.explore import ClusterWorkers, Observation, Search, explore
from tests.exploration.driving import search_of
from tests.exploration.known import MAILCHIMP
from tests.exploration.workers import StartToy

distributed = pytest.importorskip("distributed", reason='pip install "seatrial[cluster]"')


@pytest.fixture
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as running:
        yield running


def test_a_killed_worker_of_a_cluster_loses_no_verdict(cluster: Any, tmp_path: Path) -> None:
    search, workers = Search(MAILCHIMP.name, 2), ClusterWorkers(cluster.scheduler_address)
    victim = next(iter(cluster.workers.values())).pid
    seen: list[Observation] = []

    def kill_in_the_middle(observation: Observation) -> None:
        seen.append(observation)
        if len(seen) == 20:
            os.kill(victim, signal.SIGKILL)

    try:
        assert workers.count == 2
        explore(
            search, StartToy(MAILCHIMP.name, tmp_path, "kill"), workers, observe=kill_in_the_middle
        )
    finally:
        workers.close()
    search.finish()
    whole = search_of(MAILCHIMP, 2)
    assert search.failures == whole.failures
    assert search.coverage == whole.coverage


def test_a_cluster_that_is_not_there_is_said() -> None:
    with pytest.raises(UsageError, match="no scheduler answers there"):
        ClusterWorkers("tcp://127.0.0.1:9")
