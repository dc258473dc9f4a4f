"""Run a case again, and judge whether its promise holds now."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from seatrial.errors import UsageError
from seatrial.explore.alternatives import is_kind
from seatrial.explore.cases import CASES, read_case
from seatrial.explore.execution import Runner
from seatrial.explore.findings import explained, in_words
from seatrial.explore.kinds import is_by_contract
from seatrial.explore.model import Observation
from seatrial.results import Check, Verdict


class KeptCase:
    """A case in a file."""

    def __init__(self, path: Path) -> None:
        """Read it.

        Raises:
            UsageError: It can't be read, isn't a case, or has a kind of fault that isn't known.
        """
        self.path, self.case = path, read_case(path)
        for fault in self.case.plan:
            if not is_kind(fault.kind):
                raise UsageError(f"{path}: there is no kind of fault {fault.kind!r}")

    @property
    def journey(self) -> str:
        """The journey that it's run on."""
        return self.case.journey

    def checks(self, run: Runner) -> Iterator[Check]:
        """Run it, and return what it shows: each promise that breaks, or that none does.

        Raises:
            UsageError: The system can't be started, or the journey doesn't work without faults.
        """
        seen = run(self.case.plan)
        if seen.undecided is None and seen.broke:
            by_invariant = {one.invariant: one for one in reversed(seen.broke)}
            for name, violation in by_invariant.items():
                yield self._check(name, Verdict.FAILED, violation.in_full)
        elif (why := self._why_nothing_is_proved(seen)) is not None:
            yield self._check("case", Verdict.UNDECIDED, why)
        else:
            faults = explained(seen).removesuffix(": ")
            yield self._check("case", Verdict.PASSED, f"{faults}: no promise broke")

    def _why_nothing_is_proved(self, seen: Observation) -> str | None:
        if seen.undecided is not None:
            return seen.undecided
        missed = sorted(self.case.plan - seen.injected)
        for one in missed:
            known = seen.alternatives.get(one.point)
            if known is not None and is_by_contract(one.kind) and one.kind not in known:
                return f"no contract has {one} any more: explore it again, or remove the case"
        if missed:
            said = in_words(missed)
            return f"the journey doesn't come to {said}: explore it again, or remove the case"
        return None

    def _check(self, name: str, verdict: Verdict, explanation: str) -> Check:
        return Check(
            id=f"explore.{name}",
            subject=f"{self.journey} · {self.path.stem}",
            verdict=verdict,
            explanation=explanation,
            rerun=f"seatrial chaos run --case {shlex.quote(str(self.path))}",
        )


def kept_cases(folder: Path) -> list[Path]:
    """Return the files of a project's cases."""
    return sorted((folder / CASES).glob("*.json"))
