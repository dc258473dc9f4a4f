"""The findings of a run of the contract tests, collected from pytest's reports."""

import shlex
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.items import ContractTest
from seatrial.results import (
    Check,
    Evidence,
    Facts,
    HttpExchange,
    Result,
    RunVerdict,
    Text,
    Verdict,
    judge,
)

_BADNESS = {"passed": 0, "skipped": 1, "failed": 2}


TestFacts = Mapping[str, Any]
"""The words of one test, as plain values."""


def describe(
    record: ContractTest | None,
    report: pytest.TestReport,
    error: BaseException | None,
    measured: TestFacts | None = None,
) -> dict[str, Any]:
    """Describe what a report of one phase (set-up, call, tear-down) says, as plain values."""
    explanation, output = _explained(record, report, error)
    if report.passed and measured:
        explanation = measured["sentence"]
    pending = str(getattr(report, "wasxfail", "")).removeprefix("reason: ")
    return {
        "kind": record.kind if record else "other",
        "subject": record.subject if record else report.nodeid,
        "provider": record.provider if record else "",
        "outcome": report.outcome,
        "explanation": pending or explanation,
        "output": output,
        "judged": bool(pending) or report.outcome != "skipped",
        "duration_s": report.duration,
        "measured": measured,
        "exchange": _exchange(error),
    }


def _exchange(error: BaseException | None) -> dict[str, Any] | None:
    found = error.exchange if isinstance(error, ContractBroken) else None
    return found.model_dump(mode="json") if found else None


def _explained(
    record: ContractTest | None, report: pytest.TestReport, error: BaseException | None
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
    _found: dict[str, TestFacts] = field(default_factory=dict)
    _whole: list[Check] = field(default_factory=list)

    def add(self, nodeid: str, said: TestFacts) -> None:
        """Take what `describe` says of one phase; the worst phase is what a test is told by."""
        before = self._found.get(nodeid)
        if before is None or _BADNESS[said["outcome"]] > _BADNESS[before["outcome"]]:
            self._found[nodeid] = said

    def add_whole(self, kind: str, subject: str, outcome: str, explanation: str) -> None:
        """Take what is true of the run as a whole, and of no test."""
        self._whole.append(
            Check(
                id=f"contract.{kind}",
                subject=subject,
                verdict=Verdict(outcome),
                explanation=explanation,
                rerun=self._repeat(),
            )
        )

    def unverified(self) -> tuple[str, ...]:
        """The providers that interactions were collected for and none was verified of."""
        verified: dict[str, bool] = {}
        for said in self._found.values():
            if said["kind"] == "provider":
                name = said["provider"]
                verified[name] = verified.get(name, False) or said["judged"]
        return tuple(sorted(name for name, one in verified.items() if not one))

    def checks(self) -> tuple[Check, ...]:
        """One check a test, and a failed one for each provider that nothing was verified of."""
        found = tuple(self._check(nodeid, said) for nodeid, said in self._found.items())
        return (
            found
            + tuple(self._whole)
            + tuple(
                Check(
                    id="contract.verified",
                    subject=name,
                    verdict=Verdict.FAILED,
                    explanation=nothing_verified(name),
                    rerun=self._repeat(),
                )
                for name in self.unverified()
            )
        )

    def figures(self) -> dict[str, float]:
        """The figures of what was checked and measured; one that nothing stands for is left out."""
        kinds = [said["kind"] for said in self._found.values()]
        found = {
            f"{kind}_checks": float(kinds.count(kind))
            for kind in ("consumer", "committed", "provider", "strength")
        }
        found["contracts_s"] = time.monotonic() - self.started_s
        verified = [
            said.get("duration_s", 0.0)
            for said in self._found.values()
            if said["kind"] == "provider" and said["outcome"] == "passed"
        ]
        if verified:
            # The first of each provider's waits until it has started.
            found["verify_ms"] = 1000 * statistics.median(verified)
        return found | self._measured() | self._documented()

    def _measured(self) -> dict[str, float]:
        facts = self._facts("strength")
        if not facts:
            return {}
        sums = {
            name: float(sum(one[name] for one in facts))
            for name in ("mutants", "killed", "survived", "waived", "over_specified")
        }
        minded = sums["killed"] + sums["survived"] + sums["waived"]
        cpu_ms = sum(one["cpu_ms"] for one in facts)
        return {
            **{f"{noun}s": float(count) for noun, count in self._kinds().items()},
            **sums,
            "mutation_score": sums["killed"] / minded if minded else 1.0,
            "mutant_ms": cpu_ms / max(sums["mutants"], 1),
        }

    def _documented(self) -> dict[str, float]:
        facts = self._facts("openapi")
        names = ("drift", "operations", "operations_needed") if facts else ()
        return {f"openapi_{name}": float(sum(one[name] for one in facts)) for name in names}

    def _kinds(self) -> Mapping[str, int]:
        """The number of each kind that were measured, by its noun."""
        return dict(sorted(Counter(one["noun"] for one in self._facts("strength")).items()))

    def _facts(self, kind: str) -> list[TestFacts]:
        return [
            said["measured"]["facts"]
            for said in self._found.values()
            if said["kind"] == kind and said.get("measured")
        ]

    def strength(self) -> str | None:
        """Say how strong the contracts are; None when it wasn't measured."""
        found = self._measured()
        if not found:
            return None
        kinds = " and ".join(f"{count} {noun}s" for noun, count in self._kinds().items())
        return (
            f"contracts: {found['mutants']:.0f} mutants of {kinds}; "
            f"{found['survived']:.0f} survived, {found['waived']:.0f} more waived; "
            f"{found['over_specified']:.0f} over-specified; "
            f"mutation score {found['mutation_score']:.3f}; "
            f"{found['mutant_ms']:.2f} ms of CPU each"
        )

    def _check(self, nodeid: str, said: TestFacts) -> Check:
        return Check(
            id=f"contract.{said['kind']}",
            subject=said["subject"],
            verdict=Verdict(said["outcome"]),
            explanation=said["explanation"],
            evidence=_evidence(said),
            rerun=self._repeat(nodeid),
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
            figures=self.figures(),
            notes=() if finished else ("pytest was interrupted before it had run every test",),
        ).write(path)


def _evidence(said: TestFacts) -> tuple[Evidence, ...]:
    """The measurements, in numbers and then in words, and what the tools said."""
    measured = said.get("measured") or {}
    texts = dict(measured.get("texts") or {})
    if said["output"] and said["output"] not in texts.values():
        texts["what the tools said"] = said["output"]
    facts = (Facts(values=measured["facts"]),) if measured else ()
    asked = said.get("exchange")
    exchanges = (HttpExchange.model_validate(asked),) if asked else ()
    return (*facts, *exchanges, *(Text(title=title, text=text) for title, text in texts.items()))


def nothing_verified(provider: str) -> str:
    """The sentence for a provider that was to be verified and was not."""
    return (
        f"nothing was verified of {provider}: every interaction was skipped; give the address of "
        f"its states with --pact-states {provider}=URL"
    )
