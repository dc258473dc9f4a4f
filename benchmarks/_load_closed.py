"""Plain Locust, for the benchmark: FastHttpUser as its documentation shows it. A Locust file.

Writes its own percentile, its count and the CPU time that it took to the file that BENCH_RESULT
names. BENCH_RATE is the rate that all users together shall have; without it they ask as fast as
they can.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import locust
from locust import FastHttpUser, constant_throughput, task

_RATE = float(os.environ.get("BENCH_RATE", "0"))
_USERS = int(os.environ.get("BENCH_USERS", "50"))
_started: dict[str, float] = {}


class Closed(FastHttpUser):
    """Waits for an answer before it asks again."""

    wait_time = constant_throughput(_RATE / _USERS) if _RATE else lambda _: 0

    @task
    def ask(self) -> None:
        """Ask."""
        self.client.get("/users/u-1/card", name="card")


def _begin(**_: Any) -> None:
    _started["cpu_s"] = time.process_time()


def _write(environment: Any, **_: Any) -> None:
    total = environment.stats.total
    found = {
        "p99Ms": total.get_response_time_percentile(0.99),
        "requests": total.num_requests,
        "cpuS": time.process_time() - _started["cpu_s"],
        "rate": total.total_rps,
    }
    Path(os.environ["BENCH_RESULT"]).write_text(json.dumps(found), encoding="utf-8")


_events: Any = locust.events  # which have no types
_events.test_start.add_listener(_begin)
_events.quitting.add_listener(_write)
