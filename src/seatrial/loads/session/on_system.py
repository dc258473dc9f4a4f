"""A load profile against the whole system: a service or the gateway, with all others behind it."""

from collections.abc import Callable

from seatrial.config import GATEWAY
from seatrial.errors import UsageError
from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.session.addresses import address_variable
from seatrial.loads.session.jobs import LoadJob
from seatrial.loads.session.judging import LoadResult, judge_run
from seatrial.loads.session.locust import Progress, run_profile
from seatrial.system import Launcher
from seatrial.testbed import Topology


def run_on_system(
    launcher: Launcher,
    job: LoadJob,
    *,
    seed: int,
    workers: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
) -> LoadResult:
    """Start every service, load the profile's target, and stop nothing: the session does.

    Args:
        launcher: of a session in which nothing runs yet.
        job: a profile with a target.
        seed: repeats arrivals and ids.
        workers: Locust workers; 0 sends from one process.
        on_progress: called about twice a second.

    Raises:
        UsageError: there is no such target, or a service can't be started.
        InvalidRun: Locust ended without a result.
    """
    target = job.profile.target
    assert target is not None
    config = launcher.config
    known = [*config.services, *([GATEWAY] if config.gateway else [])]
    if target not in known:
        raise UsageError(f"load {job.name}: there is no {target!r}; there is: {', '.join(known)}")
    found = Topology(launcher, None).start(gateway=target == GATEWAY)
    urls = {name: str(one["url"]) for name, one in found["services"].items()}
    if target == GATEWAY:
        urls[GATEWAY] = found["gateway"]["url"]
    run = run_profile(
        launcher.session,
        job.file,
        host=urls[target],
        plan=job.profile.plan(seed=seed, any_host=job.any_host),
        workers=workers,
        env={address_variable(name): url for name, url in urls.items()},
        on_progress=on_progress,
    )
    evidence = LoadEvidence(
        run,
        None,
        None,
        subject=f"{target} · {job.name}",
        rerun=job.rerun,
        deadline_s=job.profile.limits.deadline_s,
    )
    return judge_run(evidence, job)
