"""What a run of the contract tests found, collected from pytest's reports."""

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.items import Record
from seatrial.results import Check, Result, RunVerdict, Text, Verdict, judge

_BADNESS = {"passed": 0, "skipped": 1, "failed": 2}


def describe(
    record: Record | None, report: pytest.TestReport, error: BaseException | None
) -> dict[str, str]:
    """What a report of one phase (set-up, call, tear-down) says, as plain values."""
    explanation, output = _explained(record, report, error)
    return {
        "kind": record.kind if record else "other",
        "subject": record.subject if record else report.nodeid,
        "provider": record.provider if record else "",
        "outcome": report.outcome,
        "explanation": explanation,
        "output": output,
    }


def _explained(
    record: Record | None, report: pytest.TestReport, error: BaseException | None
) -> tuple[str, str]:
    if report.passed:
        return (record.promise if record else "passed"), ""
    if isinstance(error, ContractBroken):
        return error.explanation, error.output
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: "), ""
    first = next(iter(str(error or report.longrepr).splitlines()), "") or type(error).__name__
    return first, report.longreprtext


@dataclass
class Findings:
    """Collects the reports of a run; what it can't know from them, it is told when it is made."""

    options: Sequence[str] = ()
    """The command-line options that a repetition needs as well."""
    started_s: float = field(default_factory=time.monotonic)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _found: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def add(self, nodeid: str, told: Mapping[str, str]) -> None:
        """Take what `describe` says of one phase; the worst phase is what a test is told by."""
        before = self._found.get(nodeid)
        if before is None or _BADNESS[told["outcome"]] > _BADNESS[before["outcome"]]:
            self._found[nodeid] = told

    def unverified(self) -> tuple[str, ...]:
        """The providers that interactions were collected for and none was verified of."""
        verified: dict[str, bool] = {}
        for told in self._found.values():
            if told["kind"] == "provider":
                name = told["provider"]
                verified[name] = verified.get(name, False) or told["outcome"] != "skipped"
        return tuple(sorted(name for name, one in verified.items() if not one))

    def checks(self) -> tuple[Check, ...]:
        """One check a test, and a failed one for each provider that nothing was verified of."""
        found = tuple(self._check(nodeid, told) for nodeid, told in self._found.items())
        return found + tuple(
            Check(
                id="contract.verified",
                subject=name,
                verdict=Verdict.FAILED,
                explanation=nothing_verified(name),
                repeat=self._repeat(),
            )
            for name in self.unverified()
        )

    def _check(self, nodeid: str, told: Mapping[str, str]) -> Check:
        output = told["output"]
        return Check(
            id=f"contract.{told['kind']}",
            subject=told["subject"],
            verdict=Verdict(told["outcome"]),
            explanation=told["explanation"],
            evidence=(Text(title="what the tools said", text=output),) if output else (),
            repeat=self._repeat(nodeid),
        )

    def _repeat(self, nodeid: str = "contracts") -> str:
        return shlex.join(["pytest", nodeid, *self.options])

    def write(self, path: Path, exit_status: int) -> None:
        """Write the result; nothing when nothing was found, and an unfinished run is invalid."""
        checks = self.checks()
        if not checks:
            return
        finished = exit_status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        Result(
            command="contracts",
            verdict=judge(checks) if finished else RunVerdict.INVALID,
            seed=0,
            started=self.started,
            duration_s=time.monotonic() - self.started_s,
            checks=checks,
            figures={
                f"{kind}_checks": float(sum(check.id == f"contract.{kind}" for check in checks))
                for kind in ("consumer", "committed", "provider")
            },
            notes=() if finished else ("pytest was interrupted before it had run every test",),
        ).write(path)


def nothing_verified(provider: str) -> str:
    """The sentence for a provider that was to be verified and was not."""
    return (
        f"nothing was verified of {provider}: every interaction was skipped; give the address of "
        f"its states with --pact-states {provider}=URL"
    )
