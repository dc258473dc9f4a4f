"""A load profile on an edge's wire, judged by what the provider was asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.limits import Limits, judge_load
from seatrial.loads.pictures import figures, plots
from seatrial.loads.record import LoadRun
from seatrial.loads.run import Progress, run_profile
from seatrial.loads.validity import invalid_reasons
from seatrial.results import Check
from seatrial.scenarios.stage import Stage
from seatrial.scenarios.upstream import Upstream
from seatrial.system import run_async
from seatrial.tap import TapClient


@dataclass(frozen=True)
class LoadOutcome:
    """What a load run says; where it is invalid there are no checks."""

    checks: tuple[Check, ...]
    invalid: tuple[str, ...]
    figures: dict[str, float]


def run_load(
    stage: Stage,
    name: str,
    folder: Path,
    *,
    seed: int,
    workers: int = 0,
    env: Mapping[str, str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> LoadOutcome:
    """Run a configured profile against a fresh consumer of its edge.

    Args:
        stage: the edge's wire.
        name: the profile's, in the configuration.
        folder: where the profiles are.
        seed: repeats arrivals and ids.
        workers: Locust workers; 0 sends from one process.
        env: set on top of the consumer's environment.
        on_progress: called about twice a second.

    Raises:
        UsageError: the consumer or Locust can't be started.
        InvalidRun: Locust ended without a result.
    """
    profile = stage.config.load[name]
    # Made before the consumer listens, so that the events of their making leave its cache cold.
    ids = run_async(_make(stage, profile.entities))
    consumer = stage.start_consumer(env or {})
    try:
        run_async(_forget(stage))
        run = run_profile(
            stage.session,
            folder / f"{name.replace('-', '_')}.py",
            host=consumer.url,
            ids=ids,
            seed=seed,
            rate_per_s=profile.rate_per_s,
            duration_s=profile.duration_s,
            workers=workers,
            on_progress=on_progress,
        )
        asked = run_async(_asked(stage))
    finally:
        consumer.stop()
    limits = Limits(
        hit_ratio_min=profile.min_hit_ratio,
        error_ratio_max=profile.max_error_ratio,
        upstream_over_oracle_max=profile.max_upstream_over_oracle,
    )
    return _judged(stage, name, run, asked, limits)


async def _make(stage: Stage, count: int) -> list[str]:
    async with stage.source() as source:
        return await source.make(count)


async def _forget(stage: Stage) -> None:
    async with TapClient(stage.tap.control_url) as tap:
        await tap.clear()
        await tap.clear_journal()


async def _asked(stage: Stage) -> int:
    """How many requests for entities reached the provider."""
    upstream = Upstream(stage.edge.upstream)
    async with TapClient(stage.tap.control_url) as tap:
        return sum(upstream.entity_of(entry) is not None for entry in await tap.settled())


def _judged(stage: Stage, name: str, run: LoadRun, asked: int, limits: Limits) -> LoadOutcome:
    cache = stage.edge.policy.cache
    evidence = LoadEvidence(
        run=run,
        upstream_calls=asked,
        ttl_s=cache.ttl_s if cache else None,
        max_entries=cache.max_entries if cache else None,
        starts_cold=True,
        subject=f"{stage.edge.consumer} · {name}",
        repeat=f"seatrial load run {name}",
    )
    reasons = tuple(f"load {name}: {reason}" for reason in invalid_reasons(run, limits))
    if reasons:
        return LoadOutcome((), reasons, figures(evidence))
    first, *others = judge_load(evidence, limits)
    pictured = first.model_copy(update={"evidence": (*first.evidence, *plots(run))})
    return LoadOutcome((pictured, *others), (), figures(evidence))
