"""Which entry a full cache gives up for a new one."""

from collections.abc import Sequence

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials

_PARTS = ("renewed", "renewed", "often")
_OFTEN = 3
_LEAST = 3
"""Entries: of fewer there is no choice."""


@experiment
class Eviction(Experiment):
    """Fill the cache, use its oldest entry, load one more, and ask for the two oldest ones."""

    name = "eviction"
    question = "which entry a full cache gives up"
    gives = ("cache.eviction",)
    after = ("entries",)

    def skipped(self, known: Known) -> str | None:
        """It takes a bound that is known exactly."""
        found = known.number("cache.max_entries")
        if found is None:
            return "no bound of entries is known"
        return "so few entries leave no choice" if found < _LEAST else None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Use the oldest entry once, twice over, and then often but before all others."""
        bound = int(known.number("cache.max_entries") or 0)
        ttl_s = known.parameters["cache.ttl_s"].low or 0.0

        async def work(lab: Lab, label: str) -> Trial:
            entities = await lab.new_entities(bound)
            calls = [await lab.call(one) for one in entities]
            oldest, second = entities[:2]
            used = [oldest] if label == "renewed" else [oldest] * _OFTEN + entities[1:]
            calls += [await lab.call(one) for one in used]
            calls.append(await lab.call())
            # What is asked for and isn't there takes the place of another one.
            calls += [await lab.call(one) for one in (second, oldest)]
            fresh = calls[-1].ended_s - calls[0].started_s < ttl_s
            return await lab.trial(label, calls, {"loaded": float(bound)}, whole=fresh)

        return await bench.on_each(_PARTS, work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Say it by which of the two oldest entries was kept."""
        return Known({"cache.eviction": _eviction(trials(seen, "renewed"), trials(seen, "often"))})


def _kept(trial: Trial) -> tuple[bool, bool] | None:
    """Return whether the second oldest and the oldest one were kept; None: it wasn't full."""
    used = trial.calls[int(trial.facts["loaded"]) : -3]
    if any(trial.attempts_of(call) for call in used):
        return None
    second, oldest = (not trial.attempts_of(call) for call in trial.calls[-2:])
    return second, oldest


def _eviction(renewed: Sequence[Trial], often: Sequence[Trial]) -> Inferred:
    kept = {_kept(trial) for trial in renewed}
    observations = len(renewed) + len(often)
    if len(renewed) < 2 or len(kept) > 1 or None in kept:
        return Inferred.undecided(
            "which entry went wasn't the same twice, or entries expired meanwhile",
            observations=observations,
        )
    (found,) = kept
    if found == (True, False):
        return Inferred.measured(
            "first-in",
            "the oldest entry went for a new one, although it had just been used, twice",
            observations=observations,
        )
    if found == (False, True) and {_kept(trial) for trial in often} == {(True, False)}:
        return Inferred.measured(
            "least-recently-used",
            "an entry that had just been used was kept, and one used more often but before all "
            "others went",
            observations=observations,
        )
    return Inferred.undecided(
        "it is neither the oldest entry that goes, nor the one that was used the longest ago",
        observations=observations,
    )
