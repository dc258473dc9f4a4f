"""`python -m tests.fuzz --cases 10000`: all three services over HTTP, another seed in each round.

They are started as `seatrial up` does. Exits 1 when something was found, with the request that
shows it.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from seatrial.config import load_config
from seatrial.system import Launcher, Session
from seatrial.testbed.topology import Topology
from tests.fuzz import checks
from tests.fuzz.running import Run, at, configured, run
from tests.fuzz.seeds import ledger_sums, seed
from tests.fuzz.system import SERVICES

ROOT = Path(__file__).parents[2]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="at least so many in all")
    parser.add_argument("--seed", type=int, default=None, help="the first round's")
    parser.add_argument("--max-examples", type=int, default=100, help="of an operation in a phase")
    return parser.parse_args()


async def _ask(urls: dict[str, str], what: Any) -> Any:
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
            )
            for name, url in urls.items()
        }
        return await what(clients)


def _rounds(urls: dict[str, str], words: argparse.Namespace, done: dict[str, Run]) -> None:
    number = random.randrange(2**32) if words.seed is None else words.seed
    share = -(-words.cases // len(urls))
    while any(done[name].cases < share for name in urls):
        for name, url in urls.items():
            if done[name].cases < share:
                config = configured(
                    seed=number, max_examples=words.max_examples, deterministic=False
                )
                before = done[name].cases
                done[name].add(run(at(url, config), share - before))
                print(f"seed {number}  {name}: {done[name].cases - before} cases", flush=True)
        number += 1


def main() -> int:
    """Fuzz; returns the exit status."""
    words = _arguments()
    done = {name: Run() for name in SERVICES}
    began_s = time.monotonic()
    with Session() as session:
        launcher = Launcher(session, load_config(ROOT / "seatrial.toml"), ROOT)
        services = Topology(launcher, None).start()["services"]
        urls = {name: services[name]["url"] for name in SERVICES}
        checks.SEEDED.update(asyncio.run(_ask(urls, seed)))
        _rounds(urls, words, done)
        sums = asyncio.run(_ask(urls, lambda clients: ledger_sums(clients["payments-service"])))
    return _tell(done, sums, time.monotonic() - began_s)


def _tell(done: dict[str, Run], sums: dict[str, int], took_s: float) -> int:
    for name, one in done.items():
        answers: Counter[int] = sum(one.answers.values(), Counter())
        told = "  ".join(f"{status}: {count}" for status, count in sorted(answers.items()))
        print(f"{name}: {one.cases} cases, {len(one.failures)} failures  {told}")
        for sentence in dict.fromkeys([*one.errors, *one.failures]):
            print(f"\n{sentence}\n")
    cases = sum(one.cases for one in done.values())
    unbalanced = {currency: amount for currency, amount in sums.items() if amount}
    print(f"cases {cases}  repeated_under_a_key {len(checks.repeated)}  took_s {took_s:.0f}")
    print(f"ledger_sum {sum(map(abs, sums.values()))} in {len(sums)} currencies {unbalanced or ''}")
    found = any(one.failures or one.errors for one in done.values()) or unbalanced
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
