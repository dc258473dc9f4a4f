"""`python -m contracts.changes`: starts the providers, makes every change, prints the table."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from contracts.changes.judging import COMMANDS, Outcome, outcome, record_all, require_green
from contracts.changes.replaying import replay
from contracts.changes.table import CHANGES
from seatrial.errors import UsageError
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.providers import Providers


def main() -> int:
    """0 when all is as the table says, 1 when not, 2 when it can't be told."""
    outcomes = []
    with own_output() as out:
        try:
            with (
                Providers(urls={}, states_urls={}, commands=COMMANDS) as providers,
                replay() as again,
            ):
                recorded = record_all(providers)
                require_green(recorded, again.broken)
                for change in CHANGES:
                    outcomes.append(outcome(change, recorded, again.broken))
                    print(_line(outcomes[-1]), file=out, flush=True)
        except (ContractBroken, UsageError) as error:
            print(f"contracts.changes: {error}", file=out)
            return UsageError.exit_code
        wrong = sum(bool(each.wrong) for each in outcomes)
        print(_sum(outcomes, len(recorded), wrong), file=out)
    return 1 if wrong else 0


@contextlib.contextmanager
def own_output() -> Iterator[TextIO]:
    """Standard output for us alone: the verifier writes to it, and to standard error, by itself."""
    kept = [os.dup(number) for number in (1, 2)]
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in (1, 2):
            os.dup2(silence, number)
        with os.fdopen(os.dup(kept[0]), "w", encoding="utf-8") as out:
            yield out
    finally:
        for number, old in zip((1, 2), kept, strict=True):
            os.dup2(old, number)
            os.close(old)
        os.close(silence)


def _sum(outcomes: list[Outcome], recorded: int, wrong: int) -> str:
    breaking = sum(bool(each.change.breaks) for each in outcomes)
    altered = sum(each.touched for each in outcomes)
    return (
        f"{breaking} breaking and {len(outcomes) - breaking} benign changes to {recorded} answers "
        f"and messages; {altered} altered ones verified; {wrong} changes not as they should be"
    )


def _line(outcome: Outcome) -> str:
    change = outcome.change
    red = ", ".join(sorted(outcome.red)) or "none"
    verdict = f"WRONG: {outcome.wrong}" if outcome.wrong else "ok"
    return (
        f"{change.provider:20} {change.kind:9} {change.what:45} "
        f"{outcome.touched:3} altered, red: {red:38} {verdict}"
    )


if __name__ == "__main__":
    sys.exit(main())
