"""Say of each set of faults what became of it, so that nobody takes a part for the whole."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from seatrial.explore.model import Call, Fault, Plan, Point


class Outcome(StrEnum):
    """What became of a set of faults; of several, the first says most about a fault in them."""

    RUN = "run"
    REDUCED = "reduced"
    """Not run: good runs showed all of what it would."""
    CONTAINED = "contained"
    """Not run: it contains a set that breaks a promise by itself."""
    UNREACHED = "unreached"
    """Run, or known, not to reach all of its points."""
    UNDECIDED = "undecided"
    """Run, and it proves nothing."""
    LEFT = "left"
    """Not run: the budget ended."""


_ORDER = tuple(Outcome)


class Effect(StrEnum):
    """What a single fault led to, as the journey saw it."""

    HIDDEN = "hidden"
    """The journey was answered as without it."""
    DEGRADED = "degraded"
    """It was answered something else, and no failure."""
    FAILED = "failed"
    """It was answered a failure, as may be."""
    BROKE = "broke"
    """A promise was broken."""


@dataclass(frozen=True, slots=True)
class FaultCoverage:
    """The best that is known about one fault at one point."""

    outcome: Outcome = Outcome.LEFT
    runs: tuple[int, ...] = ()
    """The run that had it, or those that showed all of what it would do."""


@dataclass(slots=True)
class Coverage:
    """What a search of one journey covered."""

    journey: str
    levels: dict[int, Counter[Outcome]] = field(default_factory=dict)
    """By the number of faults in a set."""
    alternatives: dict[Point, tuple[str, ...]] = field(default_factory=dict)
    faults: dict[Fault, FaultCoverage] = field(default_factory=dict)
    usual: tuple[Call, ...] = ()
    """The requests of the journey without faults."""
    effects: dict[Fault, Effect] = field(default_factory=dict)
    """Of single faults that were run."""
    random_runs: int = 0
    """Of sets larger than those that are searched one by one."""
    uncounted: bool = False
    """More sets are left than were counted."""
    complete: set[int] = field(default_factory=set)
    """Sizes of which every set was looked at."""

    def note(self, plan: Plan, outcome: Outcome, runs: Collection[int] = ()) -> None:
        """Add what became of a set."""
        self.levels.setdefault(len(plan), Counter())[outcome] += 1
        self.note_faults(plan, outcome, runs)

    def note_faults(self, faults: Iterable[Fault], outcome: Outcome, runs: Collection[int]) -> None:
        """Add what is known about each of some faults."""
        for fault in faults:
            known = self.faults.get(fault, FaultCoverage())
            if _ORDER.index(outcome) < _ORDER.index(known.outcome):
                self.faults[fault] = FaultCoverage(outcome, tuple(runs))

    def count(self, *outcomes: Outcome) -> int:
        """Return the number of sets that had one of the outcomes."""
        return sum(level[one] for level in self.levels.values() for one in outcomes)

    @property
    def sets(self) -> int:
        """The number of sets known so far."""
        return self.count(*Outcome)

    @property
    def exhausted_to(self) -> int | None:
        """The largest size up to which no set is left or undecided; None: there is none."""
        size = -1
        while size + 1 in self.complete and not self._open(size + 1):
            size += 1
        return size if size >= 0 else None

    def _open(self, size: int) -> int:
        level = self.levels.get(size, Counter())
        return level[Outcome.LEFT] + level[Outcome.UNDECIDED]

    def of_point(self, point: Point) -> Mapping[str, FaultCoverage]:
        """Return what is known about each kind of fault at a point."""
        return {
            kind: self.faults.get(Fault(point, kind), FaultCoverage())
            for kind in self.alternatives.get(point, ())
        }

    def of_edges(self) -> Mapping[str, Counter[Outcome]]:
        """Return the number of faults by outcome, for each edge."""
        edges: dict[str, Counter[Outcome]] = {}
        for point in self.alternatives:
            counts = edges.setdefault(point.edge, Counter())
            counts.update(one.outcome for one in self.of_point(point).values())
        return edges
