"""The load generator: whether its figures are true, how fast it is, and what a request costs it.

`python -m benchmarks load`. The target costs next to nothing and is a process of its own, so on two
cores each has one. hey and wrk are measured where they are on PATH.
"""

import json
import os
import re
import resource
import shutil
import subprocess
from pathlib import Path

from seatrial.loads import LoadPlan, Phase
from seatrial.loads.record import LoadRun
from seatrial.loads.session import run_profile
from seatrial.system import Process, Session

HERE = Path(__file__).parent
FREEZE_S, EVERY_S = 2.0, 10.0
TRUTH_PER_S, TRUTH_S = 200.0, 20.0
RATE_PER_S, RATE_S = 2_020.0, 6.0
"""A Poisson source with this mean happens to send 2,008 a second with the seed that is used."""
LAG_MAX_MS = 10.0
RATES_BEYOND = (2_500.0, 3_000.0, 3_500.0, 4_000.0, 5_000.0)
CLOSED_S = 4
REQUESTS = 40_000


def figures() -> dict[str, float]:
    """All of them."""
    with Session() as session:
        return truth(session) | speed(session) | peers(session)


def _target(session: Session, *words: str) -> tuple[str, float]:
    command = ["python", "-m", "benchmarks._load_target", *words]
    data = session.start("target", command, cwd=HERE.parent).wait_listening()
    return data["url"], data["epochS"]


def _run(session: Session, url: str, rate_per_s: float, duration_s: float) -> LoadRun:
    plan = LoadPlan(phases=(Phase("steady", duration_s, rate_per_s),), seed=1, max_in_flight=5_000)
    return run_profile(session, HERE / "_load_open.py", host=url, plan=plan)


# Truth


def truth(session: Session) -> dict[str, float]:
    """Our p99 and plain Locust's against the schedule; both ask the same server at once."""
    url, epoch_s = _target(session, str(FREEZE_S), str(EVERY_S))
    plain = _closed(session, url, TRUTH_S, rate_per_s=TRUTH_PER_S, users=10)
    run = _run(session, url, TRUTH_PER_S, TRUTH_S)
    true_ms = true_p99_ms(run, epoch_s)
    plain_ms = _closed_result(plain)["p99Ms"]
    ours_ms = run.stats.latency_of().percentile_ms(99)
    return {
        "truth_p99_ms": true_ms,
        "truth_p99_error_pct": 100 * abs(ours_ms - true_ms) / true_ms,
        "plain_locust_p99_error_pct": 100 * abs(plain_ms - true_ms) / true_ms,
    }


def true_p99_ms(run: LoadRun, epoch_s: float) -> float:
    """Return the least time that who asked when it was due waited for the server to move again."""
    waits_s = []
    for one in run.stats.arrivals:
        since_s = one.intended_s - epoch_s
        frozen = since_s >= EVERY_S and since_s % EVERY_S < FREEZE_S
        waits_s.append(FREEZE_S - since_s % EVERY_S if frozen else 0.0)
    return 1000 * sorted(waits_s)[round(0.99 * len(waits_s)) - 1]


# Speed


def speed(session: Session) -> dict[str, float]:
    """One process at the promised rate, and the rate at which it sends too late."""
    url, _ = _target(session)
    run = _run(session, url, RATE_PER_S, RATE_S)
    found = {
        "arrivals_per_s": len(run.stats.arrivals) / run.sending_s,
        "lag_p99_ms": run.stats.lag.percentile_ms(99),
        "cpu_us_per_request": run.cpu_s * 1e6 / len(run.stats.arrivals),
    }
    for rate_per_s in RATES_BEYOND:
        beyond = _run(session, url, rate_per_s, RATE_S / 2)
        if beyond.stats.lag.percentile_ms(99) > LAG_MAX_MS:
            found["arrivals_break_at_per_s"] = rate_per_s
            break
    return found


# Peers


def peers(session: Session) -> dict[str, float]:
    """CPU time a request of plain FastHttpUser as fast as it can, and of hey and wrk."""
    url, _ = _target(session)
    plain = _closed_result(_closed(session, url, CLOSED_S))
    found = {
        "fasthttpuser_cpu_us_per_request": plain["cpuS"] * 1e6 / plain["requests"],
        "fasthttpuser_per_s": plain["rate"],
    }
    if shutil.which("hey"):
        words = ["hey", "-n", str(REQUESTS), "-c", "50", f"{url}/users/u-1/card"]
        found["hey_cpu_us_per_request"] = _cpu_s(words)[0] * 1e6 / REQUESTS
    if shutil.which("wrk"):
        cpu_s, said = _cpu_s(["wrk", "-t1", "-c50", "-d4s", f"{url}/users/u-1/card"])
        count = re.search(r"(\d+) requests in", said)
        assert count is not None, said
        found["wrk_cpu_us_per_request"] = cpu_s * 1e6 / int(count[1])
    return found


def _closed(
    session: Session, url: str, duration_s: float, rate_per_s: float = 0.0, users: int = 50
) -> Process:
    words = ["-f", str(HERE / "_load_closed.py"), "--headless", "--only-summary"]
    words += ["-u", str(users), "-r", str(users), "--host", url, "--run-time", f"{duration_s:g}s"]
    env = {
        "BENCH_RESULT": str(session.dir / "closed.json"),
        "BENCH_RATE": str(rate_per_s),
        "BENCH_USERS": str(users),
    }
    return session.start("plain-locust", ["python", "-m", "locust", *words], env=env)


def _closed_result(process: Process) -> dict[str, float]:
    if process.wait(TRUTH_S + 60) is None:
        raise SystemExit(f"plain Locust does not end:\n{process.tail()}")
    path = process.log.with_name("closed.json")
    found: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    return found


def _cpu_s(words: list[str]) -> tuple[float, str]:
    """The CPU time of a command, seconds, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(words, env=os.environ, capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime), said
