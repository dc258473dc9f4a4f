"""Which entry a full cache gives up, from which of the two oldest ones is asked for again."""

from collections import OrderedDict

import pytest

from seatrial.infer.experiments.eviction import Eviction
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known

BOUND = 4


def asked(label: str, evicts: str) -> Trial:
    """The experiment's calls on a cache that gives up entries by this rule."""
    planted = PlantedTrial(label)
    kept: OrderedDict[str, int] = OrderedDict()
    names = [f"u-{number}" for number in range(BOUND)]
    used = names[:1] if label == "renewed" else [names[0]] * 3 + names[1:]
    for name in (*names, *used, "new", names[1], names[0]):
        planted.good(entity=name, sent=int(name not in kept))
        if name in kept and evicts == "lru":
            kept.move_to_end(name)
        if name not in kept and len(kept) == BOUND:
            rarest = min(kept, key=lambda one: kept[one])
            kept.pop(rarest if evicts == "lfu" else next(iter(kept)))
        kept[name] = kept.get(name, 0) + 1
    return planted.trial(loaded=BOUND)


def concluded(*trials: Trial) -> Inferred:
    return Eviction().conclude(trials, known()).parameters["cache.eviction"]


@pytest.mark.parametrize(
    ("evicts", "said"), [("fifo", "first-in"), ("lru", "least-recently-used"), ("lfu", None)]
)
def test_the_rule_is_told_from_others(evicts: str, said: str | None) -> None:
    found = concluded(*(asked(label, evicts) for label in ("renewed", "renewed", "often")))
    assert found.value == said


def test_a_rule_that_differs_from_time_to_time_is_undecided() -> None:
    found = concluded(asked("renewed", "fifo"), asked("renewed", "lru"), asked("often", "lru"))
    assert found.certainty is Certainty.UNDECIDED


def test_without_a_bound_there_is_nothing_to_give_up() -> None:
    assert Eviction().skipped(known())
    bound = Inferred.measured(BOUND, "", observations=9)
    assert Eviction().skipped(known({"cache.max_entries": bound})) is None
