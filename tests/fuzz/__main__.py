"""`python -m tests.fuzz --cases 10000`: all three services over HTTP, another seed in each round.

They are started as `seatrial up` does. Exits 1 when something was found, with the request that
shows it; what was found is printed also where the fuzzing ends early.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

import httpx

from seatrial.config import Config, load_config
from seatrial.system import Launcher, Session
from seatrial.testbed import Topology
from tests.fuzz import checks
from tests.fuzz.running import Run, at, configured, run
from tests.fuzz.seeds import ledger_sums, seed
from tests.fuzz.system import SERVICES

ROOT = Path(__file__).parents[2]
T = TypeVar("T")
Ask = Callable[[Mapping[str, httpx.AsyncClient]], Awaitable[T]]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="at least this number in all")
    parser.add_argument("--seed", type=int, default=None, help="the first round's")
    parser.add_argument("--max-examples", type=int, default=100, help="of an operation in a phase")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    return parser.parse_args()


def _config(database: str) -> Config:
    config = load_config(ROOT / "seatrial.toml")
    if database == "sqlite":
        return config
    services = {
        name: service.model_copy(update={"env": {**service.env, "DATABASE_URL": "{postgres}"}})
        for name, service in config.services.items()
    }
    return config.model_copy(update={"services": services})


async def _ask(urls: dict[str, str], ask: Ask[T]) -> T:
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
            )
            for name, url in urls.items()
        }
        return await ask(clients)


def _rounds(
    urls: dict[str, str], number: int, words: argparse.Namespace, done: dict[str, Run]
) -> None:
    share = -(-words.cases // len(urls))
    left = set(urls)
    while left:
        for name in [each for each in urls if each in left]:
            config = configured(seed=number, max_examples=words.max_examples, deterministic=False)
            found = run(at(urls[name], config), share - done[name].cases)
            done[name].add(found)
            print(f"seed {number}  {name}: {found.cases} cases", flush=True)
            if not found.cases or done[name].cases >= share:
                left.remove(name)
        number += 1


def main() -> int:
    """Fuzz; returns the exit status."""
    words = _arguments()
    number = random.randrange(2**32) if words.seed is None else words.seed
    print(f"seed {number}", flush=True)
    done = {name: Run() for name in SERVICES}
    sums: dict[str, int] = {}
    stopped = ""
    began_s = time.monotonic()
    try:
        with Session() as session:
            launcher = Launcher(session, _config(words.database), ROOT)
            services = Topology(launcher, None).start()["services"]
            urls = {name: services[name]["url"] for name in SERVICES}
            checks.SEEDED.update(asyncio.run(_ask(urls, seed)))
            _rounds(urls, number, words, done)
            sums = asyncio.run(_ask(urls, lambda each: ledger_sums(each["payments-service"])))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - what was found is said
        stopped = f"it ended early: {error!r}"
    return _report(done, sums, stopped, time.monotonic() - began_s)


def _report(done: dict[str, Run], sums: dict[str, int], stopped: str, took_s: float) -> int:
    for name, one in done.items():
        answers: Counter[int] = sum(one.answers.values(), Counter())
        counts = "  ".join(f"{status}: {count}" for status, count in sorted(answers.items()))
        print(f"{name}: {one.cases} cases, {len(one.failures)} failures  {counts}")
        for sentence in dict.fromkeys([*one.errors, *one.failures]):
            print(f"\n{sentence}\n")
    cases = sum(one.cases for one in done.values())
    unbalanced = {currency: amount for currency, amount in sums.items() if amount}
    print(f"cases {cases}  repeated_under_a_key {len(checks.repeated)}  took_s {took_s:.0f}")
    if sums:
        total = sum(map(abs, sums.values()))
        print(f"ledger_sum {total} in {len(sums)} currencies {unbalanced or ''}")
    if stopped:
        print(stopped)
    found = any(one.failures or one.errors for one in done.values()) or unbalanced
    return 1 if found or stopped else 0


if __name__ == "__main__":
    sys.exit(main())
