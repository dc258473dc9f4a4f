"""Search the sets of faults of a journey, the smallest first. No I/O: runs are somebody else's.

Sets come in *waves*, and what a wave shows is used once all of it was seen. So the same runs happen
and the same cases are found, whatever the number of workers.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, combinations, islice, product
from random import Random

from seatrial.explore.coverage import Coverage, Effect, Outcome
from seatrial.explore.kinds import turns
from seatrial.explore.model import Fault, Observation, Plan, Point
from seatrial.explore.reduction import Behaviours, Prediction, Unseen
from seatrial.explore.shrinking import Shrinking

WAVE = 64
"""Sets in a wave at most: enough to keep a cluster busy, few enough to learn from soon."""
_FIRST_WAVE = 16
"""At first fewer: what is put off waits for a wave's end, and a small budget ends soon."""
_RANDOM_WAVE = 16
"""Fewer: what fails is shrunk once the wave was run, and a budget may end before."""
_DRAWS = 2000
"""Random sets that are drawn for a wave at most; fewer are new when the space is small."""
_ONE_MORE = 0.5
_NEW_POINT = 4
"""How much likelier a run is extended for each point that it was the first to reach."""
_COUNTED = 200_000
"""Sets that are counted as left at most: it takes time, and the next level would have more."""
_UNKNOWN = Unseen("", None)


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several searches that share the work, and whose results are merged."""

    number: int = 1
    of: int = 1

    def holds(self, plan: Plan) -> bool:
        """Return whether this shard looks at a set."""
        text = "\n".join(sorted(map(str, plan)))
        digest = blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % self.of == self.number - 1


_WHOLE = Shard()


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that broke a promise."""

    run: int
    """Its place among the runs of the search."""
    observation: Observation
    minimal: bool
    """No smaller set fails alike: each was run, or known to go well."""


@dataclass(frozen=True, slots=True)
class _Base:
    """A set whose run is known, and which larger sets extend."""

    plan: Plan
    points: tuple[Point, ...]
    new_points: int = 0
    """Points that no run before had reached."""


@dataclass(slots=True)
class _Wave:
    plans: list[Plan] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    seen: dict[Plan, Observation] = field(default_factory=dict)


class Search:
    """Iterative deepening over sets of faults, then random ones while there is time."""

    def __init__(
        self,
        journey: str,
        faults: int = 2,
        *,
        reduction: bool = True,
        seed: int = 0,
        shard: Shard = _WHOLE,
        groups: Iterable[Collection[str]] | None = None,
    ) -> None:
        """Return the search of one journey.

        Args:
            journey: Its name.
            faults: How many faults a set has at most; random sets have more.
            reduction: Skip a set if good runs showed all of what its run would.
            seed: Of the random sets.
            shard: Whose share of the largest sets is looked at; all look at the smaller ones.
            groups: See `Behaviours`.
        """
        self.journey, self.faults = journey, faults
        self.coverage = Coverage(journey)
        self.failures: list[Failure] = []
        self.random = False
        """Whether larger sets are drawn at random once all up to the bound were looked at."""
        self.runs = 0
        self.shard = shard
        self._reduction = reduction
        self._random = Random(f"{seed}/{shard.number}")  # noqa: S311 - not a secret
        self._behaviours = Behaviours(groups)
        self._failing: set[Plan] = set()
        self._failing_sizes: set[int] = set()
        self._undecided: set[Plan] = set()
        self._shrunk: set[Plan] = set()
        self._known_points: set[Point] = set()
        self._level = 0
        self._candidates: Iterator[Plan] = iter([frozenset[Fault]()])
        self._put_off: deque[Plan] = deque()
        self._listed: set[Plan] = set()
        self._bases: dict[int, list[_Base]] = {}
        self._tried: set[str] = set()
        self._wave = _Wave()
        self._usual_answers: tuple[str, ...] = ()
        self._exhausted = False

    @property
    def unclear(self) -> frozenset[str]:
        """Services that did something else after the same history: nothing is reduced there."""
        return frozenset(self._behaviours.unclear)

    @property
    def exhausted(self) -> bool:
        """Whether every set up to the bound was looked at; what comes then is random."""
        return self._exhausted

    def plans(self) -> list[Plan]:
        """Return the next wave; an empty list while one is out, and when nothing is left to try."""
        if len(self._wave.seen) < len(self._wave.plans):
            return []
        self._digest()
        while not self._exhausted:
            self._wave = self._next_wave()
            if self._wave.plans:
                return list(self._wave.plans)
            self._next_level()
        self._wave = self._random_wave() if self.random else _Wave()
        return list(self._wave.plans)

    def saw(self, observation: Observation) -> None:
        """Take what the run of one of the wave's plans showed."""
        self._wave.seen[observation.plan] = observation

    def shrinkings(self) -> Iterator[Shrinking]:
        """Yield what is to be run before the next wave, since random sets failed."""
        if len(self._wave.seen) < len(self._wave.plans):
            return
        self._digest()
        for failure in [one for one in self.failures if self._is_large(one)]:
            self.failures.remove(failure)
            shrinking = Shrinking(failure.observation, self.coverage.alternatives, self._failing)
            yield shrinking
            self.runs += shrinking.runs
            smallest = shrinking.smallest
            if smallest.injected not in self._failing or smallest is failure.observation:
                self._fails(smallest.injected)
                self.failures.append(Failure(failure.run, smallest, shrinking.complete))
                self._shrunk.add(smallest.injected)

    def _is_large(self, failure: Failure) -> bool:
        plan = failure.observation.injected
        return len(plan) > self.faults and plan not in self._shrunk

    def pause(self) -> None:
        """Use what was seen of a wave; the rest of it comes first when the search goes on."""
        out = [plan for plan in self._wave.plans if plan not in self._wave.seen]
        self._digest()
        if not self._exhausted:  # else it was drawn at random
            self._put_off.extendleft(reversed(out))

    def finish(self) -> None:
        """End the search where it is: use what was seen, and count what is left."""
        self.pause()
        if self._exhausted:
            return
        left: Iterator[Plan] = self._pending()
        while not self._count_left(left) and self._next_level():
            left = self._candidates
        self._candidates = iter(())

    def _count_left(self, plans: Iterator[Plan]) -> int:
        """Count what is left of a level; enough is enough."""
        found = 0
        for plan in islice(plans, _COUNTED):
            if self._may_run(plan):
                self.coverage.note(plan, Outcome.LEFT)
                found += 1
        self.coverage.uncounted = next(plans, None) is not None
        return found

    def _next_level(self) -> bool:
        """Go on to sets of one fault more, if there is to be one more."""
        self.coverage.complete.add(self._level)
        if self._level == self.faults:
            self._exhausted = True
            return False
        self._level += 1
        self._candidates = self._extensions(self._bases.get(self._level - 1, []))
        return True

    # --- what was seen

    def _digest(self) -> None:
        """Learn from a wave, in the order it was planned in."""
        wave, self._wave = self._wave, _Wave()
        for plan in wave.plans:
            if plan in wave.seen:
                self.runs += 1
                self._learn(wave.seen[plan])

    def _learn(self, seen: Observation) -> None:
        if len(seen.plan) > self.faults:
            self.coverage.random_runs += 1
        if seen.undecided is not None:
            self._note(seen.plan, Outcome.UNDECIDED, [self.runs])
            self._undecided.add(seen.plan)
            return
        reached = seen.injected == seen.plan
        self._note(seen.plan, Outcome.RUN if reached else Outcome.UNREACHED, [self.runs])
        self.coverage.note_faults(seen.injected, Outcome.RUN, [self.runs])
        for point, kinds in seen.alternatives.items():
            self.coverage.alternatives.setdefault(point, tuple(kinds))
        self._note_effect(seen)
        self._behaviours.learn(self.runs, seen)
        if seen.broke:
            tried = len(seen.injected) <= self.faults
            minimal = tried and not any(one < seen.injected for one in self._undecided)
            self.failures.append(Failure(self.runs, seen, minimal))
            self._fails(seen.injected)
        elif reached:
            called = (one.point for one in seen.calls if not one.recovery)
            points = tuple(dict.fromkeys([*called, *seen.alternatives]))
            self._extend_later(seen.plan, points)

    def _fails(self, plan: Plan) -> None:
        self._failing.add(plan)
        self._failing_sizes.add(len(plan))

    def _note_effect(self, seen: Observation) -> None:
        """Keep what the journey shows without faults, and what becomes of that by single ones."""
        if not seen.plan:
            self.coverage.usual = tuple(one for one in seen.calls if not one.recovery)
            self._usual_answers = seen.answers
        elif len(seen.plan) == 1 and seen.injected == seen.plan:
            effect = Effect.BROKE if seen.broke else _effect(seen.answers, self._usual_answers)
            self.coverage.effects[next(iter(seen.plan))] = effect

    def _note(self, plan: Plan, outcome: Outcome, runs: Collection[int] = ()) -> None:
        if len(plan) <= self.faults:
            self.coverage.note(plan, outcome, runs)

    def _extend_later(self, plan: Plan, points: tuple[Point, ...]) -> None:
        new = set(points) - self._known_points
        self._known_points |= new
        self._bases.setdefault(len(plan), []).append(_Base(plan, points, len(new)))

    # --- what comes next

    def _next_wave(self) -> _Wave:
        wave, put_off = _Wave(), list[Plan]()
        size = min(WAVE, max(_FIRST_WAVE, self.runs // 2))
        for plan in self._pending():
            if not self._may_run(plan):
                continue
            found = self._behaviours.predict(plan) if self._reduction else _UNKNOWN
            if isinstance(found, Prediction):
                self._reduce(plan, found)
            elif found.key in wave.keys:
                put_off.append(plan)
            else:
                wave.plans.append(plan)
                if found.key is not None and found.key not in self._tried:
                    wave.keys.add(found.key)
                if len(wave.plans) == size:
                    break
        self._put_off.extendleft(reversed(put_off))
        self._tried |= wave.keys
        return wave

    def _pending(self) -> Iterator[Plan]:
        """Return what was put off, then what is new; a chain leaves what it isn't asked for."""
        return chain(self._take_put_off(), self._candidates)

    def _take_put_off(self) -> Iterator[Plan]:
        while self._put_off:
            yield self._put_off.popleft()

    def _may_run(self, plan: Plan) -> bool:
        """Return whether it's for this shard to look at a set, and the set contains no case."""
        if self._level and self._level == self.faults and not self.shard.holds(plan):
            return False
        if self._contains_failing(plan):
            self._note(plan, Outcome.CONTAINED)
            return False
        return True

    def _contains_failing(self, plan: Plan) -> bool:
        return any(
            frozenset(part) in self._failing
            for size in self._failing_sizes
            for part in combinations(plan, size)
        )

    def _reduce(self, plan: Plan, found: Prediction) -> None:
        reached = found.injected == plan
        self._note(plan, Outcome.REDUCED if reached else Outcome.UNREACHED, found.seen_in)
        if reached:
            self._extend_later(plan, found.points)

    def _extensions(self, bases: Iterable[_Base]) -> Iterator[Plan]:
        """Yield each set with one fault more, once.

        First those at operations that only appear under faults, such as a fallback or a
        compensation, then at other points that do, such as a retry: they are tried less by others.
        Among these the likeliest kinds first, of all points by turns.
        """
        usual = set(self._bases[0][0].points) if self._bases.get(0) else set[Point]()
        operations = {(one.edge, one.operation) for one in usual}
        kinds = {
            point: turns(known, point.operation)
            for point, known in self.coverage.alternatives.items()
        }
        turn_of = {
            Fault(point, kind): turn
            for point, known in kinds.items()
            for turn, kind in known.items()
        }
        ranked = [(sum(turn_of[one] for one in base.plan), base) for base in bases]
        sums = {rank + turn for rank, _ in ranked for known in kinds.values() for turn in known}
        for place, step in product(range(3), sorted(sums)):
            for rank, base in ranked:
                hit = {fault.point for fault in base.plan}
                for point in base.points:
                    kind = kinds.get(point, {}).get(step - rank)
                    known = (point.edge, point.operation) in operations
                    if kind is None or known + (point in usual) != place or point in hit:
                        continue
                    plan = base.plan | {Fault(point, kind)}
                    if plan not in self._listed:
                        self._listed.add(plan)
                        yield plan

    # --- random sets

    def _random_wave(self) -> _Wave:
        """Draw larger sets: from runs that reached new points, to points seldom hit."""
        wave = _Wave()
        bases = [base for size in sorted(self._bases) for base in self._bases[size] if base.points]
        if not any(self.coverage.alternatives.values()) or not bases:
            return wave
        weights = [1 + _NEW_POINT * base.new_points for base in bases]
        for _ in range(_DRAWS):
            if len(wave.plans) == _RANDOM_WAVE:
                break
            plan = self._grow(self._random.choices(bases, weights)[0])
            if len(plan) <= self.faults or plan in self._listed or self._contains_failing(plan):
                continue
            self._listed.add(plan)
            if not self._reduction or not isinstance(self._behaviours.predict(plan), Prediction):
                wave.plans.append(plan)
        return wave

    def _grow(self, base: _Base) -> Plan:
        """Return a base with faults added until it's larger than any set that was listed."""
        faults = {fault.point: fault.kind for fault in base.plan}
        points = [one for one in base.points if self.coverage.alternatives.get(one)]
        self._random.shuffle(points)
        size = self.faults + 1
        while self._random.random() < _ONE_MORE:
            size += 1
        for point in points:
            if len(faults) >= size:
                break
            if point not in faults:
                faults[point] = self._random.choice(self.coverage.alternatives[point])
        return frozenset(Fault(point, kind) for point, kind in faults.items())


def _effect(answers: tuple[str, ...], usual: tuple[str, ...]) -> Effect:
    if answers == usual:
        return Effect.HIDDEN
    failed = len(answers) < len(usual) or any(
        _is_failure(mine) and not _is_failure(theirs)
        for mine, theirs in zip(answers, usual, strict=False)
    )
    return Effect.FAILED if failed else Effect.DEGRADED


def _is_failure(answer: str) -> bool:
    """Return whether an answer's signature is that of a refusal, or of none at all."""
    return answer.startswith(("4", "5", "none", "late"))
