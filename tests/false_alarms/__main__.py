"""`python -m tests.false_alarms`: run correct consumers again and again; nothing may fail.

Half of the runs have busy processes next to them. Needs Node and Go for the consumers in these
languages. Exit 1: a check failed, which is a false alarm; 2: a run could not be judged.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.busy import busy_processes
from tests.false_alarms.consumers import consumers
from tests.false_alarms.runs import Done, Planned, end_all, figures, planned, run_whole, save, saved


def main() -> int:
    """Run them, and print the figures; Ctrl-C ends it with what there is."""
    options = _options()
    done = saved(options.json) if options.resume else []
    known = {one.planned for one in done}
    todo = [
        one
        for one in planned(options.consumers, options.runs, options.seed, options.busy)
        if one not in known
    ]
    try:
        with tempfile.TemporaryDirectory(prefix="seatrial-false-alarms-") as folder:
            _run_all(todo, done, options, Path(folder))
    except KeyboardInterrupt:
        print("interrupted; this is what was run until then", flush=True)
    return _report(done)


def _options() -> argparse.Namespace:
    known = list(consumers())
    parser = argparse.ArgumentParser(prog="python -m tests.false_alarms", description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="whole runs of all consumers")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--busy", type=int, default=4, help="busy processes of a loaded run")
    parser.add_argument("--at-once", type=int, default=1, help="whole runs at the same time")
    parser.add_argument("--consumers", nargs="*", default=known, choices=known, metavar="NAME")
    parser.add_argument("--json", type=Path, help="write the runs and the figures here")
    parser.add_argument("--resume", action="store_true", help="go on where that file ends")
    options = parser.parse_args()
    if options.resume and options.json is None:
        parser.error("--resume needs --json, the file to go on from")
    return options


def _run_all(
    todo: Sequence[Planned], done: list[Done], options: argparse.Namespace, folder: Path
) -> None:
    known = consumers()
    configs = {name: known[name].config(folder) for name in options.consumers}
    for name, config in configs.items():
        if config is None:
            print(f"{name} is left out: its language isn't installed", flush=True)
    there = {name: config for name, config in configs.items() if config is not None}
    # Runs at the same time are all loaded, or none is.
    for batch in _by_load([one for one in todo if one.consumer in there], options.at_once):
        with busy_processes(batch[0].busy), ThreadPoolExecutor(len(batch)) as pool:
            running = [
                pool.submit(run_whole, one, known[one.consumer].edge, there[one.consumer], folder)
                for one in batch
            ]
            try:
                for each in as_completed(running):
                    done.append(each.result())
                    _print(done[-1], f"{len(done)} of {options.runs}")
                    if options.json is not None:
                        save(options.json, done)
            except KeyboardInterrupt:
                end_all()
                raise


def _by_load(todo: Sequence[Planned], at_once: int) -> list[tuple[Planned, ...]]:
    own = [[one for one in todo if one.busy == busy] for busy in {one.busy for one in todo}]
    batches = [
        tuple(each[place : place + at_once])
        for each in own
        for place in range(0, len(each), at_once)
    ]
    return sorted(batches, key=lambda batch: batch[0].seed)


def _print(one: Done, place: str) -> None:
    load = f"{one.planned.busy} busy" if one.planned.busy else "no load"
    counts = f"{len(one.failed)} failed, {len(one.undecided)} undecided"
    print(
        f"{place}: {one.planned.consumer}, {load}, {one.took_s:.0f} s: {counts} of "
        f"{len(one.verdicts)}{', INVALID' if one.invalid else ''}",
        flush=True,
    )
    for check in one.failed:
        print(f"    FALSE ALARM {check}: {one.explanations[check]}")
    for check in one.undecided:
        print(f"    undecided {check}: {one.explanations[check]}")
    for why in one.invalid:
        print(f"    invalid: {why}")
    if one.failed or one.invalid:
        print(f"    again: {one.planned.rerun}", flush=True)


def _report(done: Sequence[Done]) -> int:
    print()
    for name, value in figures(done).items():
        print(f"{name} {_shown(value)}")
    if any(one.failed for one in done):
        return 1
    return 2 if not done or any(one.invalid for one in done) else 0


def _shown(value: object) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    return "".join(f"\n  {count:4} {name}" for name, count in value.items()) or "none"


if __name__ == "__main__":
    sys.exit(main())
