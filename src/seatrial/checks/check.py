"""A check as a value: its name, its promise in one sentence, and what it rests on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from seatrial.checks.evidence import Evidence
from seatrial.checks.finding import Finding
from seatrial.results import Verdict


@dataclass(frozen=True)
class WireCheck:
    """A promise that can be judged by what was seen on the wire."""

    id: str
    promise: str
    judge: Callable[[Evidence], Finding]
    rests_on: "WireCheck | None" = None
    """Where that one isn't kept, this one can't be seen."""

    def __call__(self, evidence: Evidence) -> Finding:
        """Judge it, unless what it rests on is broken already."""
        if self.rests_on is not None:
            ground = self.rests_on(evidence)
            if ground.verdict is not Verdict.PASSED:
                return Finding(
                    Verdict.SKIPPED if ground.verdict is Verdict.SKIPPED else Verdict.UNDECIDED,
                    f"rests on {self.rests_on.id}, which is {ground.verdict}: {ground.explanation}",
                )
        return self.judge(evidence)


def judge_all(checks: Iterable[WireCheck], evidence: Evidence) -> dict[str, Finding]:
    """Each check's finding, by its id."""
    return {check.id: check(evidence) for check in checks}
