"""Make a failing set small: fewest faults, then the mildest kinds. No I/O, like the search."""

from collections.abc import Collection, Iterator, Mapping

from seatrial.explore.model import Fault, Observation, Plan, Point


class Shrinking:
    """The way from a failing run to the smallest that fails alike.

    A smaller set fails alike if it breaks one of the same invariants. Plans come in batches, and of
    those that fail the first is taken: the outcome doesn't depend on who ran what first.
    """

    def __init__(
        self,
        failed: Observation,
        alternatives: Mapping[Point, tuple[str, ...]],
        failing: Collection[Plan],
    ) -> None:
        """Take a failing run.

        Args:
            failed: The run.
            alternatives: The kinds at each point, the mildest first.
            failing: Sets that fail; one that contains a smaller one of them is no other case.
        """
        self.smallest = failed
        self.runs = 0
        self.complete = False
        """Everything that could be smaller was run, and decided."""
        self._alternatives = alternatives
        self._failing = failing
        self._invariants = {one.invariant for one in failed.broke}
        self._batch: list[Plan] = []
        self._seen: dict[Plan, Observation] = {}
        self._open: set[Plan] = set()
        self._steps = self._shrink()

    def plans(self) -> list[Plan]:
        """Return what to run next; an empty list once nothing smaller fails."""
        return next(self._steps, [])

    def saw(self, observation: Observation) -> None:
        """Take what the run of one of the batch's plans showed."""
        self.runs += 1
        self._seen[observation.plan] = observation
        self._open.discard(observation.plan)
        if observation.undecided is not None:
            self._open.add(observation.plan)

    def _shrink(self) -> Iterator[list[Plan]]:
        smaller = True
        while smaller:
            faults = sorted(self.smallest.injected)
            yield from self._ask([self.smallest.injected - {one} for one in faults])
            smaller = self._take()
        for point in sorted(one.point for one in self.smallest.injected):
            yield from self._ask(self._milder(point))
            self._take()
        self.complete = not self._open

    def _milder(self, point: Point) -> list[Plan]:
        kind = next(one.kind for one in self.smallest.injected if one.point == point)
        rest = self.smallest.injected - {Fault(point, kind)}
        kinds = self._alternatives.get(point, ())
        milder = kinds[: kinds.index(kind)] if kind in kinds else kinds
        plans = (rest | {Fault(point, each)} for each in milder)
        return [plan for plan in plans if not any(one < plan for one in self._failing)]

    def _ask(self, plans: list[Plan]) -> Iterator[list[Plan]]:
        self._batch = plans
        if unknown := [plan for plan in plans if plan not in self._seen]:
            self._open.update(unknown)
            yield unknown

    def _take(self) -> bool:
        """Go on with the first of the batch that fails alike, if any does."""
        for plan in self._batch:
            seen = self._seen.get(plan)
            if seen and not seen.undecided and self._invariants & {x.invariant for x in seen.broke}:
                self.smallest = seen
                return True
        return False
