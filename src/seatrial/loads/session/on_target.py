"""A load profile against a target that runs already."""

from collections.abc import Callable

from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.session.jobs import LoadJob
from seatrial.loads.session.judging import LoadResult, judge_run
from seatrial.loads.session.locust import Progress, run_profile
from seatrial.system import Session


def run_on_target(
    session: Session,
    job: LoadJob,
    host: str,
    *,
    seed: int,
    workers: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
) -> LoadResult:
    """Run a profile against a target of whose provider nothing is seen.

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
    evidence = LoadEvidence(
        run,
        None,
        None,
        subject=f"{host} · {job.name}",
        rerun=f"{job.rerun} --host {host}",
        deadline_s=job.profile.limits.deadline_s,
    )
    return judge_run(evidence, job)
