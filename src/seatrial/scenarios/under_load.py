"""A load profile on an edge's wire, judged by what the provider was asked."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from seatrial.loads.evidence import Asked, LoadEvidence
from seatrial.loads.figures import figures
from seatrial.loads.limits import judge_load
from seatrial.loads.pictures import plots
from seatrial.loads.record import LoadRun
from seatrial.loads.run import Progress, run_profile
from seatrial.loads.validity import invalid_reasons
from seatrial.results import Check
from seatrial.scenarios.load_jobs import LoadJob
from seatrial.scenarios.mishaps import Mishaps, ScenarioAt, read_fault
from seatrial.system import Session, run_async
from seatrial.tap import TapClient
from seatrial.testbed import Testbed
from seatrial.testbed.upstream import Upstream

ORIGIN_VARIABLE = "SEATRIAL_USER_SERVICE_URL"
"""Where a profile finds the provider itself, to make and change what it asks for."""


@dataclass(frozen=True)
class LoadOutcome:
    """What a load run says; where it is invalid there are no checks."""

    checks: tuple[Check, ...]
    invalid: tuple[str, ...]
    figures: dict[str, float]
    evidence: LoadEvidence | None = None

    @property
    def interrupted(self) -> bool:
        """Whether a person ended it early."""
        return self.evidence is not None and self.evidence.run.interrupted


def run_load(
    testbed: Testbed,
    job: LoadJob,
    *,
    seed: int,
    workers: int = 0,
    env: Mapping[str, str] | None = None,
    scenarios: Sequence[ScenarioAt] = (),
    on_progress: Callable[[Progress], None] | None = None,
) -> LoadOutcome:
    """Run a profile against a fresh consumer of its edge, with what goes wrong meanwhile.

    Args:
        testbed: the edge's wire.
        job: the profile.
        seed: repeats arrivals and ids.
        workers: Locust workers; 0 sends from one process.
        env: set on top of the consumer's environment.
        scenarios: told while the load runs, on top of the profile's own faults.
        on_progress: called about twice a second.

    Raises:
        UsageError: the consumer or Locust can't be started, or a fault isn't there.
        InvalidRun: Locust ended without a result.
    """
    began_s = time.monotonic()
    for fault in job.profile.faults:
        read_fault(fault)
    # Made before the consumer listens, so that the events of their making leave its cache cold.
    more = max((one.scenario.entities for one in scenarios), default=0)
    made = run_async(_make(testbed, job.profile.entities + more))
    ids, others = made[: job.profile.entities], made[job.profile.entities :]
    own = {**job.profile.env, **(env or {})}
    consumer = testbed.service(testbed.start_consumer(own))
    mishaps = Mishaps(testbed, consumer, job.profile.faults, scenarios, others)
    try:
        run_async(_forget(testbed))
        run = run_profile(
            testbed.session,
            job.file,
            host=consumer.url,
            plan=job.profile.plan(seed=seed, any_host=job.any_host),
            ids=ids,
            workers=workers,
            env={ORIGIN_VARIABLE: testbed.provider.url},
            on_start=mishaps.start,
            on_progress=on_progress,
            on_end=mishaps.stop,
        )
        asked = run_async(_asked(testbed, ids))
    finally:
        consumer.stop()
        run_async(_forget(testbed))
    outcome = judged(_evidence(testbed, job, run, asked, mishaps), job, mishaps.troubles)
    if job.name in testbed.config.load:  # what `seatrial run`, and so a build, waits for
        outcome.figures["load_ci_s"] = round(time.monotonic() - began_s, 1)
    return outcome


def run_load_at(
    session: Session,
    job: LoadJob,
    host: str,
    *,
    seed: int,
    workers: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
) -> LoadOutcome:
    """Run a profile against a target that runs already, of whose provider nothing is seen.

    Args:
        session: owns Locust's processes.
        job: the profile; it gets its ids by itself, and its faults are left out.
        host: the target's URL.
        seed: repeats arrivals and ids.
        workers: Locust workers; 0 sends from one process.
        on_progress: called about twice a second.

    Raises:
        UsageError: the target isn't there or may not be loaded, or the profile can't start.
        InvalidRun: Locust ended without a result.
    """
    run = run_profile(
        session,
        job.file,
        host=host,
        plan=job.profile.plan(seed=seed, any_host=job.any_host),
        workers=workers,
        on_progress=on_progress,
    )
    repeat = f"seatrial load run {job.name} --host {host}"
    subject = f"{host} · {job.name}"
    evidence = LoadEvidence(
        run, None, None, subject=subject, rerun=repeat, deadline_s=job.profile.limits.deadline_s
    )
    return judged(evidence, job, ())


async def _make(testbed: Testbed, count: int) -> list[str]:
    async with testbed.source() as source:
        return await source.make(count)


async def _forget(testbed: Testbed) -> None:
    async with TapClient(testbed.tap.control_url) as tap:
        await tap.clear()
        await tap.clear_journal()


async def _asked(testbed: Testbed, ids: Sequence[str]) -> tuple[Asked, ...] | None:
    """The requests for the run's entities that reached the provider; None if some are forgotten."""
    upstream, places = Upstream(testbed.edge.upstream), {key: at for at, key in enumerate(ids)}
    async with TapClient(testbed.tap.control_url) as tap:
        entries = await tap.settled()
        if (await tap.page()).dropped:
            return None
    found = ((entry.arrived_s, upstream.entity_of(entry)) for entry in entries)
    return tuple(Asked(at_s, places[key]) for at_s, key in found if key in places)


def _evidence(
    testbed: Testbed,
    job: LoadJob,
    run: LoadRun,
    asked: tuple[Asked, ...] | None,
    mishaps: Mishaps,
) -> LoadEvidence:
    policy = testbed.edge.policy
    return LoadEvidence(
        run=run,
        upstream_calls=None if asked is None else len(asked),
        ttl_s=policy.cache.ttl_s if policy.cache else None,
        max_entries=policy.cache.max_entries if policy.cache else None,
        starts_cold=True,
        subject=f"{testbed.edge.consumer} · {job.name}",
        rerun=f"seatrial load run {job.name}",
        asked=asked,
        faults=tuple(sorted(mishaps.spans, key=lambda span: span.began_s)),
        deadline_s=job.profile.limits.deadline_s
        or (policy.retry.deadline_s if policy.retry else None),
    )


def judged(evidence: LoadEvidence, job: LoadJob, troubles: Iterable[str]) -> LoadOutcome:
    """What a run says: why it is invalid, or a check for each of its profile's limits."""
    profile = job.profile
    found = figures(evidence)
    said = invalid_reasons(evidence.run, profile.limits, *profile.phase_limits.values())
    reasons = tuple(f"load {job.name}: {reason}" for reason in (*said, *troubles))
    if reasons:
        return LoadOutcome((), reasons, found, evidence)
    first, *others = judge_load(evidence, profile.limits, profile.phase_limits)
    pictured = first.model_copy(update={"evidence": (*first.evidence, *plots(evidence))})
    return LoadOutcome((pictured, *others), (), found, evidence)
