"""`python -m tests.inference`: hold `seatrial infer` to consumers whose numbers are known.

Needs the group `bench` for the popular libraries, and Node and Go for theirs. Exit 1: something
that was stated is wrong, or a consumer could not be inferred.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.inference.cases import Case, cases
from tests.inference.judge import Judged, Verdict
from tests.inference.round_trip import Trip, round_trip
from tests.inference.run import Ran, rejudge, run


def main() -> int:
    """Print a table, what is wrong with its evidence, and the figures."""
    options = _options()
    found = {one.name: one for one in cases(options.seed)}
    unknown = set(options.only) - set(found)
    if unknown:
        sys.exit(f"there is no consumer {', '.join(sorted(unknown))}; --list names them")
    chosen = [found[name] for name in options.only or found]
    if options.list:
        for case in chosen:
            print(f"{case.name:28} {case.language:8} {case.defect or 'correct'}")
        return 0
    if options.kept:
        kept = [(rejudge(case, options.kept / case.name), None) for case in chosen]
        for each in kept:
            _print(*each)
        return _report(kept)
    with tempfile.TemporaryDirectory(prefix="seatrial-inference-") as folder:
        ran = _run_all(chosen, Path(folder), options)
    return _report(ran)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.inference", description=__doc__)
    parser.add_argument("--seed", type=int, default=20261129, help="of the consumers' numbers")
    parser.add_argument(
        "--only", nargs="*", default=[], metavar="NAME", help="these, in this order"
    )
    parser.add_argument("--list", action="store_true", help="name the consumers and end")
    parser.add_argument("--workers", type=int, default=2, help="consumers at the same time")
    parser.add_argument("--patience", type=float, default=6.0, help="as of seatrial infer")
    parser.add_argument(
        "--round-trip",
        action="store_true",
        help="then run chaos with what was inferred: on the consumer, and on each defective twin",
    )
    parser.add_argument("--keep", type=Path, help="keep each consumer's files in this folder")
    parser.add_argument("--kept", type=Path, help="judge what an earlier --keep left, run nothing")
    return parser.parse_args()


def _run_all(
    chosen: Sequence[Case], folder: Path, options: argparse.Namespace
) -> list[tuple[Ran, Trip | None]]:
    root = options.keep or folder

    def one(case: Case) -> tuple[Ran, Trip | None]:
        own = (root / case.name).resolve()
        own.mkdir(parents=True, exist_ok=True)
        ran = run(case, own, folder, patience_s=options.patience)
        if not options.round_trip or not ran.result:
            return ran, None
        return ran, round_trip(case, own, folder)

    found: list[tuple[Ran, Trip | None]] = []
    with ThreadPoolExecutor(options.workers) as pool:
        futures = [pool.submit(one, case) for case in chosen]
        try:
            for done in as_completed(futures):
                found.append(done.result())
                _print(*found[-1])
        except KeyboardInterrupt:
            print("interrupted: those that run are waited for", flush=True)
            pool.shutdown(cancel_futures=True)
            late = [done.result() for done in futures if not done.cancelled()]
            found += [one for one in late if one not in found]
    return found


def _print(ran: Ran, trip: Trip | None) -> None:
    print(_row(ran) + (f"  {trip}" if trip else ""), flush=True)
    for one in ran.judged:
        if one.verdict is not Verdict.RIGHT:
            print(f"    {one.verdict:9} {one.name}: is {one.truth}, said {one.said}: {one.why}")


def _row(ran: Ran) -> str:
    if ran.skipped or ran.failed:
        word = "SKIPPED" if ran.skipped else "FAILED"
        return f"{ran.case.name:28} {word}: {ran.skipped or ran.failed}"
    parameters = _parameters([ran])
    right, wrong, undecided = (_count(parameters, verdict) for verdict in Verdict)
    wanted = f"findings.{ran.case.defect}"
    found = {one.name: one.said for one in ran.judged}.get(wanted, "") if ran.case.defect else ""
    counts = f"right {right:2} wrong {wrong} undecided {undecided:2}  {ran.infer_s:6.1f} s"
    return f"{ran.case.name:28} {counts}  {ran.case.defect} {found}".rstrip()


def _report(found: Sequence[tuple[Ran, Trip | None]]) -> int:
    done = [ran for ran, _ in found if not ran.skipped and not ran.failed]
    parameters = _parameters(done)
    others = [one for ran in done for one in ran.judged if one not in parameters]
    planted = [ran for ran in done if ran.case.defect]
    caught = sum(
        any(one.name == f"findings.{ran.case.defect}" and one.said == "found" for one in ran.judged)
        for ran in planted
    )
    print()
    print(f"consumers {len(done)} (skipped {sum(bool(ran.skipped) for ran, _ in found)}, ", end="")
    print(f"failed {sum(bool(ran.failed) for ran, _ in found)})")
    print(f"inferred_parameters {len(parameters)}")
    for verdict in Verdict:
        print(f"inferred_{verdict} {_count(parameters, verdict)}")
    print(f"matrix_and_findings_wrong {_count(others, Verdict.WRONG)} (of {len(others)})")
    print(f"defects_found {caught} (of {len(planted)})")
    if done:
        print(f"infer_s {statistics.median(ran.infer_s for ran in done):.1f}")
    trips = [trip for _, trip in found if trip]
    if trips:
        passed = sum(trip.passes for trip in trips)
        twins = [fails for trip in trips for fails in trip.twins.values()]
        print(f"round_trips_passed {passed} (of {len(trips)})")
        print(f"twins_failed {sum(twins)} (of {len(twins)})")
    wrong = _count([*parameters, *others], Verdict.WRONG)
    broken = any(ran.failed for ran, _ in found) or any(not trip.is_right for trip in trips)
    return int(wrong > 0 or broken or not done)


def _parameters(ran: Iterable[Ran]) -> list[Judged]:
    return [
        one
        for each in ran
        for one in each.judged
        if not one.name.startswith(("behaviour.", "findings."))
    ]


def _count(judged: Iterable[Judged], verdict: Verdict) -> int:
    return sum(one.verdict is verdict for one in judged)


if __name__ == "__main__":
    sys.exit(main())
