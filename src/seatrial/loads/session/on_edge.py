"""A load profile on an edge's wire, judged by what reached the provider."""

import time
from collections.abc import Callable, Mapping, Sequence

from seatrial.loads.evidence import LoadEvidence, UpstreamCall
from seatrial.loads.record import LoadRun
from seatrial.loads.session.addresses import address_variable
from seatrial.loads.session.fault_schedule import FaultSchedule, ScenarioAt, read_fault
from seatrial.loads.session.jobs import LoadJob
from seatrial.loads.session.judging import LoadResult, judge_run, with_printed
from seatrial.loads.session.locust import Progress, run_profile
from seatrial.system import run_async
from seatrial.tap import TapClient
from seatrial.testbed import Upstream, WireTestbed


def run_on_edge(
    testbed: WireTestbed,
    job: LoadJob,
    *,
    seed: int,
    workers: int = 0,
    env: Mapping[str, str] | None = None,
    scenarios: Sequence[ScenarioAt] = (),
    on_progress: Callable[[Progress], None] | None = None,
) -> LoadResult:
    """Run a profile against a fresh consumer of its edge, with its fault schedule.

    Args:
        testbed: the edge's wire.
        job: the profile.
        seed: repeats arrivals and ids.
        workers: Locust workers; 0 sends from one process.
        env: set on top of the consumer's environment.
        scenarios: run while the load runs, on top of the profile's own faults.
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
    logs, printed = testbed.logs(consumer), {}
    logs.mark()
    loaded_s = time.monotonic()
    schedule = FaultSchedule(testbed, consumer, job.profile.faults, scenarios, others)
    try:
        run_async(_forget(testbed))
        run = run_profile(
            testbed.session,
            job.file,
            host=consumer.url,
            plan=job.profile.plan(seed=seed, any_host=job.any_host),
            ids=ids,
            workers=workers,
            env={address_variable(testbed.edge.provider): testbed.provider.url},
            watched=(testbed.provider.url,),
            on_start=schedule.start,
            on_progress=on_progress,
            on_end=schedule.stop,
        )
        upstream_log = run_async(_read_upstream_log(testbed, ids))
        printed = logs.around(loaded_s, time.monotonic())
    finally:
        consumer.stop()
        run_async(_forget(testbed))
    evidence = _evidence(testbed, job, run, upstream_log, schedule)
    result = with_printed(judge_run(evidence, job, schedule.problems), printed)
    if job.name in testbed.config.load:  # what `seatrial run`, and so a build, waits for
        result.figures["load_ci_s"] = round(time.monotonic() - began_s, 1)
    return result


async def _make(testbed: WireTestbed, count: int) -> list[str]:
    async with testbed.source() as source:
        return await source.make(count)


async def _forget(testbed: WireTestbed) -> None:
    async with TapClient(testbed.tap.control_url) as tap:
        await tap.clear()
        await tap.clear_journal()


async def _read_upstream_log(
    testbed: WireTestbed, ids: Sequence[str]
) -> tuple[UpstreamCall, ...] | None:
    """Return the requests for the run's entities at the provider; None if some are lost."""
    upstream, places = Upstream(testbed.edge.upstream), {key: at for at, key in enumerate(ids)}
    async with TapClient(testbed.tap.control_url) as tap:
        journal = await tap.settled()
        if journal.dropped:
            return None
    found = ((entry.arrived_s, upstream.entity_of(entry)) for entry in journal.entries)
    return tuple(UpstreamCall(at_s, places[key]) for at_s, key in found if key in places)


def _evidence(
    testbed: WireTestbed,
    job: LoadJob,
    run: LoadRun,
    upstream_log: tuple[UpstreamCall, ...] | None,
    schedule: FaultSchedule,
) -> LoadEvidence:
    policy = testbed.edge.policy
    return LoadEvidence(
        run=run,
        upstream_calls=None if upstream_log is None else len(upstream_log),
        ttl_s=policy.cache.ttl_s if policy.cache else None,
        max_entries=policy.cache.max_entries if policy.cache else None,
        starts_cold=True,
        subject=f"{testbed.edge.consumer} · {job.name}",
        rerun=job.rerun,
        upstream_log=upstream_log,
        faults=tuple(sorted(schedule.spans, key=lambda span: span.began_s)),
        deadline_s=job.profile.limits.deadline_s
        or (policy.retry.deadline_s if policy.retry else None),
    )
