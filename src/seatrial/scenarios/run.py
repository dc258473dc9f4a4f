"""Telling scenarios to edges, and to their negative controls."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from seatrial.checks import Evidence, Finding, judge_all
from seatrial.config import Control
from seatrial.errors import InvalidRun
from seatrial.results import Check, Comparison, Verdict
from seatrial.scenarios.scenario import Scenario
from seatrial.scenarios.stage import Stage
from seatrial.scenarios.timeline import timeline
from seatrial.system import Running, run_async

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """One scenario told to one consumer: the edge's own, or a negative control."""

    scenario: Scenario
    control: str | None
    env: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """What was seen of one part and what each check makes of it."""

    part: Part
    evidence: Evidence
    findings: Mapping[str, Finding]


@dataclass
class ChaosRun:
    """What all edges' scenarios say."""

    checks: list[Check] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    """Why something that was told can't be judged."""


def run_chaos(
    stage: Stage,
    scenarios: Sequence[Scenario],
    *,
    controls: bool = True,
    progress: Progress = lambda _: None,
) -> ChaosRun:
    """Tell each scenario to an edge and to its negative controls.

    Args:
        stage: the edge's wire.
        scenarios: the stories.
        controls: whether the negative controls are put through it too.
        progress: is told each part as it begins.

    Raises:
        UsageError: a consumer can't be started.
    """
    run = ChaosRun()
    parts = list(_parts(stage, scenarios, run, controls=controls))
    told = run_async(_tell_all(stage, parts, run, progress))
    run.checks += _edge_checks(stage, told)
    for name, control in stage.edge.controls.items() if controls else ():
        own = [one for one in told if one.part.control == name]
        run.checks.append(control_check(stage, name, control, own))
    return run


def _parts(
    stage: Stage, scenarios: Sequence[Scenario], run: ChaosRun, *, controls: bool
) -> Iterable[Part]:
    for scenario in scenarios:
        if lacks := scenario.lacks(stage.edge.policy):
            run.checks.append(_skipped(stage, scenario, lacks))
            continue
        yield Part(scenario, None, {})
        for name, control in stage.edge.controls.items() if controls else ():
            yield Part(scenario, name, control.env)


async def _tell_all(
    stage: Stage, parts: Sequence[Part], run: ChaosRun, progress: Progress
) -> list[Told]:
    """Each part with a fresh consumer; the next one starts while the current one is told."""
    told: list[Told] = []
    coming = asyncio.create_task(_prepare(stage, parts[0])) if parts else None
    for number, part in enumerate(parts, start=1):
        assert coming is not None
        consumer, entities = await coming
        coming = (
            asyncio.create_task(_prepare(stage, parts[number])) if number < len(parts) else None
        )
        progress(f"{part.scenario.name} · {part.control or stage.edge.consumer}")
        try:
            told.append(await _tell(stage, part, consumer, entities))
        except InvalidRun as error:
            run.invalid.append(f"{stage.name}/{part.scenario.name}: {error}")
        finally:
            await asyncio.to_thread(consumer.stop)
    return told


async def _prepare(stage: Stage, part: Part) -> tuple[Running, list[str]]:
    """Entities first, so that the events of their making are over when the consumer listens."""
    async with stage.source() as source:
        entities = await source.make(part.scenario.entities)
    return await asyncio.to_thread(stage.start_consumer, part.env), entities


async def _tell(stage: Stage, part: Part, consumer: Running, entities: list[str]) -> Told:
    async with stage.live(consumer, entities) as edge:
        await part.scenario.tell(edge)
        evidence = await edge.evidence()
    return Told(part, evidence, judge_all(part.scenario.checks, evidence))


def _subject(stage: Stage) -> str:
    return f"{stage.edge.consumer} → {stage.edge.provider}"


def _repeat(stage: Stage, scenarios: Iterable[Scenario]) -> str:
    names = " ".join(scenario.name for scenario in scenarios)
    return f"seatrial chaos run {names} --edge {stage.name} --engine {stage.engine.name.split()[0]}"


def _skipped(stage: Stage, scenario: Scenario, lacks: Sequence[str]) -> Check:
    return Check(
        id=f"chaos.{scenario.name}",
        subject=_subject(stage),
        verdict=Verdict.SKIPPED,
        explanation=f"edges.{stage.name}.policy declares no {' and no '.join(lacks)}",
        repeat=f"seatrial chaos run {scenario.name} --edge {stage.name}",
    )


def _edge_checks(stage: Stage, told: Iterable[Told]) -> list[Check]:
    return [
        Check(
            id=f"chaos.{one.part.scenario.name}.{check_id}",
            subject=_subject(stage),
            verdict=finding.verdict,
            explanation=finding.explanation,
            evidence=(timeline(one.evidence, one.part.scenario.title),),
            repeat=_repeat(stage, [one.part.scenario]),
        )
        for one in told
        if one.part.control is None
        for check_id, finding in one.findings.items()
    ]


def control_check(stage: Stage, name: str, control: Control, told: Sequence[Told]) -> Check:
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
        subject=f"{stage.edge.consumer} with {control.explanation}",
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
        repeat=_repeat(stage, [one.part.scenario for one in told]),
    )
