"""A profile: phases, a fault schedule, and limits.

A value in the profile's file, which Locust and the harness read alike:

    class Spike(CardUser):
        profile = Profile(
            title="Four times as many lookups at once, and back",
            phases=(Phase("before", 2, 60), Phase("spike", 2, 240), Phase("after", 3, 60)),
            limits=Limits(error_ratio_max=0.01),
            phase_limits={"after": Limits(goodput_min=0.99)},
        )
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

from seatrial.config import LoadLimits as Limits
from seatrial.config import LoadProfile as Changes
from seatrial.errors import UsageError
from seatrial.loads.plan import LoadPlan, Phase

__all__ = ["STANDARD", "FaultAt", "Limits", "Phase", "Profile", "cache_limits", "steps"]

STANDARD = Limits(
    error_ratio_max=0.01,
    hit_ratio_of_oracle_min=0.95,
    upstream_over_oracle_max=1.05,
    upstream_under_oracle_min=0.95,
    hit_p50_of_miss_p50_max=0.8,
)
"""Limits that every right cache keeps on a machine that has other work too."""


BEFORE, DURING, AFTER = FAULT_TIMES = ("before", "during", "after")
"""Parts of a run that its faults divide, where no phase has such a name."""


def cache_limits(**changes: Any) -> Limits:
    """Return the standard limits with some changed; None takes one away."""
    return STANDARD.model_copy(update=changes)


@dataclass(frozen=True)
class FaultAt:
    """A fault on a run's schedule; times are seconds, `at_s` after the run's start.

    Its name is a fault's of the network or of a process (`down`, `latency`, `killed`), or one of
    the tap's with `http-` before it (`http-status`, `http-reset`); `seatrial chaos list --faults`
    has all. `killed` on the consumer puts a fresh one in its place: the deployment that empties a
    cache.
    """

    name: str
    at_s: float
    for_s: float
    options: Mapping[str, Any] = field(default_factory=dict)
    """The fault's own fields, such as `delay_s`."""
    on: str = "provider"
    """The link or process that it hits: "provider", "consumer", "valkey"."""


@dataclass(frozen=True)
class Profile:
    """One load profile: its size is small by default, and can be scaled.

    Raises:
        UsageError: a value is outside its range; the message names it.
    """

    title: str
    phases: tuple[Phase, ...]
    edge: str | None = None
    """The edge whose consumer is loaded, as seatrial.toml names it; None: the only one there."""
    target: str | None = None
    """Instead of an edge's consumer: a service, or "gateway", with the whole system behind it. No
    tap stands in between then, so nothing is known of what reaches a provider."""
    entities: int = 120
    """The number of ids."""
    limits: Limits = STANDARD
    phase_limits: Mapping[str, Limits] = field(default_factory=dict)
    faults: tuple[FaultAt, ...] = ()
    arrivals: Literal["poisson", "constant"] = "poisson"
    zipf_exponent: float = 1.0
    mix: Mapping[str, float] = field(default_factory=lambda: {"read": 1.0})
    """The kinds of arrivals, and their weights."""
    max_in_flight: int = 500
    timeout_s: float = 10.0
    env: Mapping[str, str] = field(default_factory=dict)
    """Set on top of the consumer's environment."""

    def __post_init__(self) -> None:
        if self.target is not None and (self.faults or self.edge is not None):
            raise UsageError("a profile with a target has no edge, and so no faults on its wire")
        plan = self.plan(seed=0)
        names = (*plan.names, *FAULT_TIMES)
        for name in self.phase_limits:
            if name not in names:
                raise UsageError(f"there is no phase {name!r}; there is: {', '.join(names)}")
        for fault in self.faults:
            if fault.at_s < 0 or fault.for_s <= 0 or fault.at_s >= plan.duration_s:
                raise UsageError(
                    f"fault {fault.name}: at {fault.at_s:g} s for {fault.for_s:g} s isn't within a "
                    f"run of {plan.duration_s:g} s"
                )

    def plan(self, *, seed: int, any_host: bool = False) -> LoadPlan:
        """Return what is sent, with this seed."""
        return LoadPlan(
            phases=self.phases,
            seed=seed,
            arrivals=self.arrivals,
            zipf_exponent=self.zipf_exponent,
            mix=tuple(self.mix.items()),
            max_in_flight=self.max_in_flight,
            timeout_s=self.timeout_s,
            any_host=any_host,
        )

    @property
    def duration_s(self) -> float:
        """All phases together, seconds."""
        return sum(phase.duration_s for phase in self.phases)

    @property
    def rate_per_s(self) -> float:
        """The mean rate of the phases that have one; 0 where none does."""
        timed = [phase for phase in self.phases if not phase.users]
        lasts_s = sum(phase.duration_s for phase in timed)
        return sum(phase.rate_per_s * phase.duration_s for phase in timed) / (lasts_s or 1.0)

    def scaled(self, *, rate_per_s: float | None = None, duration_s: float | None = None) -> Self:
        """Return it with another mean rate or length; phases and faults keep their proportions.

        Raises:
            UsageError: a value isn't a finite number over 0.
        """
        faster = 1.0 if rate_per_s is None else _factor("rate", rate_per_s, self.rate_per_s)
        longer = 1.0 if duration_s is None else _factor("duration", duration_s, self.duration_s)
        phases = tuple(
            replace(one, rate_per_s=one.rate_per_s * faster, duration_s=one.duration_s * longer)
            for one in self.phases
        )
        faults = tuple(
            replace(one, at_s=one.at_s * longer, for_s=one.for_s * longer) for one in self.faults
        )
        return replace(self, phases=phases, faults=faults)

    def changed(self, changes: Changes) -> Self:
        """Return the profile with what a system's configuration says on top."""
        made = self.scaled(rate_per_s=changes.rate_per_s, duration_s=changes.duration_s)
        by_phase = {
            name: _over(self.phase_limits.get(name), changes.phase_limits.get(name))
            for name in {**self.phase_limits, **changes.phase_limits}
        }
        return replace(
            made,
            edge=changes.edge or self.edge,
            entities=changes.entities or self.entities,
            limits=_over(self.limits, changes.limits),
            phase_limits=by_phase,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the profile as what JSON knows."""
        plain = asdict(replace(self, limits=Limits(), phase_limits={}))
        plain["limits"] = self.limits.model_dump(exclude_none=True)
        plain["phase_limits"] = {
            name: limits.model_dump(exclude_none=True) for name, limits in self.phase_limits.items()
        }
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the profile that `to_json` gave."""
        return cls(
            **{
                **data,
                "phases": tuple(Phase(**phase) for phase in data["phases"]),
                "faults": tuple(FaultAt(**fault) for fault in data["faults"]),
                "limits": Limits(**data["limits"]),
                "phase_limits": {
                    name: Limits(**limits) for name, limits in data["phase_limits"].items()
                },
            }
        )


def _over(below: Limits | None, above: Limits | None) -> Limits:
    """Return the limits of one with those that another one sets on top."""
    return (below or Limits()).model_copy(
        update=above.model_dump(exclude_none=True) if above else {}
    )


def _factor(name: str, wanted: float, now: float) -> float:
    if not 0 < wanted < float("inf"):
        raise UsageError(f"the {name} is {wanted}; it must be a finite number over 0")
    if not now:
        raise UsageError(f"the {name} can't be scaled: the profile has users instead of a rate")
    return wanted / now


def steps(rates_per_s: Sequence[float], each_s: float) -> tuple[Phase, ...]:
    """Return phases of one length, one for each rate and named by it: a ramp."""
    return tuple(Phase(f"rate-{rate:g}", each_s, rate) for rate in rates_per_s)
