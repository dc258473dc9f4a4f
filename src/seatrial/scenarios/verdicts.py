"""What was run and seen, turned into the checks of a result."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.checks import Evidence, Finding, untested
from seatrial.config import Control
from seatrial.redaction import without_secrets
from seatrial.results import Check, Comparison, Text, Verdict
from seatrial.scenarios.definition import Scenario
from seatrial.scenarios.proof import declared_of, promise_of, proof
from seatrial.scenarios.timeline import timeline
from seatrial.testbed import ServiceLogs, Testbed


@dataclass(frozen=True, eq=False)
class Part:
    """One scenario on one consumer: the edge's own, or a negative control."""

    scenario: Scenario
    control: str | None
    env: Mapping[str, str]


@dataclass(frozen=True)
class ScenarioRun:
    """What was seen of one part and what each check makes of it."""

    part: Part
    evidence: Evidence
    findings: Mapping[str, Finding]
    logs: ServiceLogs | None = None
    """What its services print; None where nobody knows."""

    @property
    def is_decided(self) -> bool:
        """Whether another run could show nothing more: it failed, or all could be judged."""
        findings = self.findings.values()
        failed = any(finding.verdict is Verdict.FAILED for finding in findings)
        return failed or not any(finding.retryable for finding in findings)


def subject_of(testbed: Testbed) -> str:
    """Who is judged, in one line."""
    return f"{testbed.edge.consumer} → {testbed.edge.provider}"


def rerun_command(testbed: Testbed, scenarios: Iterable[Scenario]) -> str:
    """Return the command that runs these scenarios again."""
    names = " ".join(scenario.name for scenario in scenarios)
    return f"seatrial chaos run {names} --edge {testbed.name} {testbed.rerun_option}"


def skipped_check(testbed: Testbed, scenario: Scenario, lacks: Sequence[str]) -> Check:
    """Say that a scenario has no point here."""
    return Check(
        id=f"chaos.{scenario.name}",
        subject=subject_of(testbed),
        verdict=Verdict.SKIPPED,
        explanation=f"not declared: {'; '.join(lacks)}",
        rerun=f"seatrial chaos run {scenario.name} --edge {testbed.name}",
    )


def untested_checks(testbed: Testbed) -> list[Check]:
    """Name what the edge's policy declares and no check puts to the test."""
    return [
        Check(
            id=f"chaos.declared.{path}",
            subject=subject_of(testbed),
            verdict=Verdict.UNDECIDED,
            explanation=f"edges.{testbed.name}.policy.{path} is declared, not tested: "
            "no check puts it to the test",
            rerun=f"seatrial chaos run --edge {testbed.name}",
        )
        for path in untested(testbed.edge.policy)
    ]


def edge_checks(testbed: Testbed, runs: Iterable[ScenarioRun]) -> list[Check]:
    """What each check makes of the edge's own consumer."""
    return [
        Check(
            id=f"chaos.{one.part.scenario.name}.{check_id}",
            subject=subject_of(testbed),
            verdict=finding.verdict,
            explanation=finding.explanation,
            evidence=(
                timeline(one.evidence, one.part.scenario.title),
                *(
                    proof(testbed, check_id, finding, one.evidence, one.logs)
                    if finding.verdict is Verdict.FAILED
                    else ()
                ),
            ),
            rerun=rerun_command(testbed, [one.part.scenario]),
            promise=promise_of(check_id),
            declared=declared_of(testbed, check_id),
        )
        for one in runs
        if one.part.control is None
        for check_id, finding in one.findings.items()
    ]


def skipped_control(testbed: Testbed, name: str, control: Control) -> Check:
    """What is said of a control whose place nobody can make: the consumer runs already."""
    return Check(
        id=f"control.{name}",
        subject=f"{testbed.edge.consumer} with {control.explanation}",
        verdict=Verdict.SKIPPED,
        explanation=f"{testbed.edge.consumer} runs already, so nothing can be put in its place",
        rerun=f"seatrial chaos run --edge {testbed.name}",
    )


def control_check(
    testbed: Testbed, name: str, control: Control, runs: Sequence[ScenarioRun]
) -> Check:
    """Judge a control: it passes when exactly its named defects are found, of those looked for.

    One that was missed for want of time, and may be found another time, leaves it undecided.
    """
    findings = {
        f"{one.part.scenario.name}/{check_id}": finding
        for one in runs
        for check_id, finding in one.findings.items()
    }
    # By scenario, so that a check whose name is misspelt is missed and not passed over.
    scenarios = {one.part.scenario.name for one in runs}
    skipped = {key for key, one in findings.items() if one.verdict is Verdict.SKIPPED}
    named = {key for key in control.fails if key.partition("/")[0] in scenarios} - skipped
    verdict, text = _control_verdict(named, findings)
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
                for one in runs
                if any(finding.verdict is Verdict.FAILED for finding in one.findings.values())
            ),
            *(_printed(runs, named, findings) if verdict is Verdict.FAILED else ()),
        ),
        rerun=rerun_command(testbed, [one.part.scenario for one in runs]),
    )


def _printed(
    runs: Sequence[ScenarioRun], named: set[str], findings: Mapping[str, Finding]
) -> Iterator[Text]:
    """Give what was printed in the first scenario that didn't come out as the control says."""
    failed = {key for key, finding in findings.items() if finding.verdict is Verdict.FAILED}
    other = {key.partition("/")[0] for key in failed ^ named}
    one = next((one for one in runs if one.part.scenario.name in other), None)
    if one is None or one.logs is None or not one.evidence.calls:
        return
    calls = one.evidence.calls
    ended_s = max(call.ended_s for call in calls)
    for title, said in one.logs.around(min(call.started_s for call in calls), ended_s).items():
        yield Text(title=f"{one.part.scenario.name}: {title}", text=without_secrets(said))


def _control_verdict(named: set[str], findings: Mapping[str, Finding]) -> tuple[Verdict, str]:
    failed = {key for key, finding in findings.items() if finding.verdict is Verdict.FAILED}
    surplus = sorted(failed - named)
    late = sorted(key for key in named - failed if key in findings and findings[key].retryable)
    missed = sorted(named - failed - set(late))
    if missed or surplus:
        text = f"not found: {', '.join(missed) or '-'}; found besides: {', '.join(surplus) or '-'}"
        return Verdict.FAILED, text
    if late:
        said = "; ".join(f"{key}: {findings[key].explanation}" for key in late)
        return Verdict.UNDECIDED, f"not found for want of time: {said}"
    if not named:
        return Verdict.SKIPPED, "none of its defects was looked for"
    said = "; ".join(f"{key}: {findings[key].explanation}" for key in sorted(failed))
    return Verdict.PASSED, f"each of its {len(failed)} defects was found, and no other: {said}"
