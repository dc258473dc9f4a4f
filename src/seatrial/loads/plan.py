"""The plan of a load run: phases, seed, bounds. A value, handed to Locust as a JSON file."""

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from seatrial.errors import UsageError

PLAN_VARIABLE = "SEATRIAL_LOAD_PLAN"
"""Environment: the path of a plan's JSON file."""
RESULT_VARIABLE = "SEATRIAL_LOAD_RESULT"
"""Environment: where the leading Locust process writes what it measured."""


@dataclass(frozen=True)
class Phase:
    """A part of a run with one rate, or a number of users; every figure is tagged with its name.

    Raises:
        UsageError: a value is outside its range; the message names it.
    """

    name: str
    duration_s: float
    rate_per_s: float = 0.0
    """Arrivals per second of all processes: an open loop, which waits for no answer."""
    users: int = 0
    """Instead, a closed loop: this many users of each process ask again once answered."""
    think_s: float = 0.0
    """The time that such a user waits between an answer and its next request."""
    hot_keys: int = 0
    """Ask only for this many of the most popular ids, each equally often; 0 is all, by Zipf."""

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name:
            raise UsageError(f"a phase's name is {self.name!r}; give it one without a slash")
        _positive(f"phase {self.name}: duration_s", self.duration_s)
        if not self.users:
            _positive(f"phase {self.name}: rate_per_s", self.rate_per_s)
        elif self.rate_per_s or self.users < 0:
            raise UsageError(f"phase {self.name}: give either rate_per_s or users, and more than 0")
        for field in ("think_s", "hot_keys"):
            if not (math.isfinite(getattr(self, field)) and getattr(self, field) >= 0):
                raise UsageError(f"phase {self.name}: {field} is {getattr(self, field)}; 0 or more")


@dataclass(frozen=True)
class LoadPlan:
    """Everything that decides what is sent and when, so that a seed repeats it.

    Raises:
        UsageError: a value is outside its range; the message names it.
    """

    phases: tuple[Phase, ...]
    seed: int
    arrivals: Literal["poisson", "constant"] = "poisson"
    zipf_exponent: float = 1.0
    """The skew of the choice of ids: 0 is uniform; 1 is common for users of a web site."""
    mix: tuple[tuple[str, float], ...] = (("read", 1.0),)
    """The kinds of arrivals, and their weights."""
    max_in_flight: int = 500
    """Requests waiting for an answer at once, per process; an arrival beyond it is dropped."""
    max_arrivals: int = 500_000
    """The end of a run by count, over all processes; bounds what is kept in memory."""
    timeout_s: float = 10.0
    """The time that one request may take, body included."""
    not_before_s: float | None = None
    """`time.monotonic()` of this machine before which nothing is sent, so that a cache is cold."""
    any_host: bool = False
    """True if a target other than this machine may be loaded."""

    def __post_init__(self) -> None:
        if not self.phases:
            raise UsageError("a load plan needs at least one phase")
        if len(set(self.names)) < len(self.phases):
            raise UsageError(f"two phases share a name: {', '.join(self.names)}; rename one")
        if self.arrivals not in {"poisson", "constant"}:
            raise UsageError(f"arrivals is {self.arrivals!r}; it is 'poisson' or 'constant'")
        if not (math.isfinite(self.zipf_exponent) and self.zipf_exponent >= 0):
            raise UsageError(f"zipf_exponent is {self.zipf_exponent}; it is 0 or more")
        if not self.mix:
            raise UsageError("the mix is empty; name at least one thing that an arrival does")
        for kind, weight in self.mix:
            _positive(f"mix: {kind}", weight)
        _positive("max_in_flight", self.max_in_flight)
        _positive("max_arrivals", self.max_arrivals)
        _positive("timeout_s", self.timeout_s)

    @property
    def duration_s(self) -> float:
        """All phases together, seconds."""
        return sum(phase.duration_s for phase in self.phases)

    @property
    def open_s(self) -> float:
        """The part of that in which arrivals have a planned rate, seconds."""
        return sum(phase.duration_s for phase in self.phases if not phase.users)

    def phase_at(self, elapsed_s: float) -> str:
        """Return the phase of this time after the start; the last one after the end."""
        for phase in self.phases:
            elapsed_s -= phase.duration_s
            if elapsed_s < 0:
                break
        return phase.name

    @property
    def names(self) -> tuple[str, ...]:
        """The phases' names, in order."""
        return tuple(phase.name for phase in self.phases)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as what JSON knows."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return the plan that `to_json` gave.

        Raises:
            UsageError: a field is unknown, missing or out of range.
        """
        try:
            phases = tuple(Phase(**phase) for phase in data.get("phases", ()))
            mix = tuple((kind, weight) for kind, weight in data.get("mix", cls.mix))
            return cls(**{**data, "phases": phases, "mix": mix})
        except (TypeError, ValueError) as error:
            raise UsageError(f"this isn't a load plan: {error}") from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a plan's file.

        Raises:
            UsageError: there is no such file, or it holds no plan.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"{path}: the load plan can't be read: {error}") from error
        if not isinstance(data, dict):
            raise UsageError(f"{path}: a load plan is a JSON object")
        return cls.from_json(data)


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"{name} is {value}; it must be a finite number over 0")
