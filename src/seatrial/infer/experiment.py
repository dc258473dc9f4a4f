"""An experiment: what to do on the wire, what it needs to know already, what it concludes.

One file each in `seatrial.infer.experiments`. `observe` does I/O and concludes nothing; `conclude`
is a pure function from what was seen, so that it is tested on planted and on recorded evidence.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from seatrial.infer.lab import Bench
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Observation
from seatrial.registry import Registry

HEALTHY = "noise.call_s"
"""What a call takes while all is well: known to experiments, and no parameter of a policy."""
AT_ONCE = "breaker.failures_at_once"
"""Failures at the same time that open it, where as many one after the other don't."""
SHARED = "cache.shared_answers"
"""Only where one entity's call is answered with what was loaded about another."""


@dataclass(frozen=True)
class Known:
    """All that was concluded so far."""

    parameters: Mapping[str, Inferred] = field(default_factory=dict)
    """By the path in the policy: "retry.attempts"; a mechanism by its own: "breaker"."""
    behaviour: Mapping[str, Behaviour] = field(default_factory=dict)
    """By failure kind."""

    def number(self, name: str) -> float | None:
        """Return a measured number; None where there is none to rely on."""
        found = self.parameters.get(name)
        if found is None or not found.is_measured or not isinstance(found.value, int | float):
            return None
        return float(found.value)

    @property
    def noise_s(self) -> float:
        """Times that differ by less are one, seconds: twice the worst call while all was well."""
        found = self.parameters.get(HEALTHY)
        return max(0.02, 2 * (found.high or 0.0)) if found else 0.05

    @property
    def hold_s(self) -> float:
        """For how long an attempt can be held without being given up, seconds."""
        found = self.parameters.get("retry.attempt_timeout_s")
        return 2.0 if found is None or found.low is None else 0.6 * found.low

    @property
    def at_once(self) -> int:
        """How many calls must fail at the same time to open the breaker; 0: one after the other."""
        return int(self.number(AT_ONCE) or 0)

    @property
    def stated(self) -> dict[str, Inferred]:
        """What is said of the policy."""
        return {name: one for name, one in self.parameters.items() if name != HEALTHY}

    def plus(self, conclusion: "Known") -> "Known":
        """Return both; of a behaviour, what the newer one knows goes over the older."""
        behaviour = dict(self.behaviour)
        for kind, new in conclusion.behaviour.items():
            old = behaviour.get(kind, Behaviour())
            behaviour[kind] = Behaviour(
                old.attempts if new.attempts is None else new.attempts,
                old.counted if new.counted is None else new.counted,
                old.cached if new.cached is None else new.cached,
                new.answer or old.answer,
                old.after_s if new.after_s is None else new.after_s,
            )
        return Known({**self.parameters, **conclusion.parameters}, behaviour)


class Experiment(ABC):
    """Finds out some parameters of one consumer."""

    name: ClassVar[str]
    question: ClassVar[str]
    """Shown while it runs: "how often a failed request is sent again"."""
    gives: ClassVar[tuple[str, ...]]
    """The parameters that it concludes about: each of them is in every conclusion."""
    after: ClassVar[tuple[str, ...]] = ()
    """Experiments, by name, whose conclusions it reads."""
    observes: ClassVar[bool] = True
    """Whether it does anything on the wire, or concludes from what is known alone."""

    def skipped(self, known: Known) -> str | None:
        """Return why it has no point here; None where it has one."""
        return None

    @abstractmethod
    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Do it on the wire."""

    @abstractmethod
    def conclude(self, seen: Observation, known: Known) -> Known:
        """Conclude from what was seen: what isn't sure is undecided."""


EXPERIMENTS: Registry[Experiment] = Registry("experiment")


def experiment(cls: type[Experiment]) -> type[Experiment]:
    """Register an experiment."""
    EXPERIMENTS.register(cls.name, cls())
    return cls
