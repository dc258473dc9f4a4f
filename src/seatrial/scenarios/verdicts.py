"""What was told and seen, turned into the checks of a result."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from seatrial.checks import Evidence, Finding
from seatrial.config import Control
from seatrial.results import Check, Comparison, Verdict
from seatrial.scenarios.scenario import Scenario
from seatrial.scenarios.timeline import timeline
from seatrial.testbed import Testbed


@dataclass(frozen=True, eq=False)
class Part:
    """One scenario told to one consumer: the edge's own, or a negative control."""

    scenario: Scenario
    control: str | None
    env: Mapping[str, str]


@dataclass(frozen=True)
class ScenarioRun:
    """What was seen of one part and what each check makes of it."""

    part: Part
    evidence: Evidence
    findings: Mapping[str, Finding]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was seen that a right consumer doesn't do."""
        good = (Verdict.PASSED, Verdict.SKIPPED)
        return all(finding.verdict in good for finding in self.findings.values())

    @property
    def is_decided(self) -> bool:
        """Whether batch it again could show nothing more: it failed, or all could be judged."""
        findings = self.findings.values()
        failed = any(finding.verdict is Verdict.FAILED for finding in findings)
        return failed or not any(finding.retryable for finding in findings)


def subject_of(testbed: Testbed) -> str:
    """Who is judged, in one line."""
    return f"{testbed.edge.consumer} → {testbed.edge.provider}"


def rerun_command(testbed: Testbed, scenarios: Iterable[Scenario]) -> str:
    """The command that repeats these stories."""
    names = " ".join(scenario.name for scenario in scenarios)
    engine = testbed.engine_name.split()[0]
    return f"seatrial chaos run {names} --edge {testbed.name} --engine {engine}"


def skipped_check(testbed: Testbed, scenario: Scenario, lacks: Sequence[str]) -> Check:
    """What is said of a story that has no point here."""
    return Check(
        id=f"chaos.{scenario.name}",
        subject=subject_of(testbed),
        verdict=Verdict.SKIPPED,
        explanation=f"not declared: {'; '.join(lacks)}",
        rerun=f"seatrial chaos run {scenario.name} --edge {testbed.name}",
    )


def edge_checks(testbed: Testbed, told: Iterable[ScenarioRun]) -> list[Check]:
    """What each check makes of the edge's own consumer."""
    return [
        Check(
            id=f"chaos.{one.part.scenario.name}.{check_id}",
            subject=subject_of(testbed),
            verdict=finding.verdict,
            explanation=finding.explanation,
            evidence=(timeline(one.evidence, one.part.scenario.title),),
            rerun=rerun_command(testbed, [one.part.scenario]),
        )
        for one in told
        if one.part.control is None
        for check_id, finding in one.findings.items()
    ]


def unplayed_control(testbed: Testbed, name: str, control: Control) -> Check:
    """What is said of a control whose place nobody can make: the consumer runs already."""
    return Check(
        id=f"control.{name}",
        subject=f"{testbed.edge.consumer} with {control.explanation}",
        verdict=Verdict.SKIPPED,
        explanation=f"{testbed.edge.consumer} runs already, so nothing can be put in its place",
        rerun=f"seatrial chaos run --edge {testbed.name}",
    )


def control_check(
    testbed: Testbed, name: str, control: Control, told: Sequence[ScenarioRun]
) -> Check:
    """A control passes when exactly its named defects are found, of those that were looked for."""
    findings = {
        f"{one.part.scenario.name}/{check_id}": finding
        for one in told
        for check_id, finding in one.findings.items()
    }
    failed = {key for key, finding in findings.items() if finding.verdict is Verdict.FAILED}
    # By scenario, so that a check whose name is misspelt is missed and not passed over.
    scenarios = {one.part.scenario.name for one in told}
    named = {key for key in control.fails if key.partition("/")[0] in scenarios}
    missed, surplus = sorted(named - failed), sorted(failed - named)
    if not named and not surplus:
        verdict, text = Verdict.UNDECIDED, "none of its defects was looked for"
    elif missed or surplus:
        verdict = Verdict.FAILED
        text = f"not found: {', '.join(missed) or '-'}; found besides: {', '.join(surplus) or '-'}"
    else:
        verdict = Verdict.PASSED
        text = "; ".join(f"{key}: {findings[key].explanation}" for key in sorted(failed))
        text = f"each of its {len(failed)} defects was found, and no other: {text}"
    return Check(
        id=f"control.{name}",
        subject=f"{testbed.edge.consumer} with {control.explanation}",
        verdict=verdict,
        explanation=text,
        evidence=(
            Comparison(
                subject=control.explanation,
                verdicts={key: finding.verdict for key, finding in findings.items()},
                explanations={key: finding.explanation for key, finding in findings.items()},
            ),
            *(
                timeline(one.evidence, f"{one.part.scenario.title} ({name})")
                for one in told
                if any(finding.verdict is Verdict.FAILED for finding in one.findings.values())
            ),
        ),
        rerun=rerun_command(testbed, [one.part.scenario for one in told]),
    )
