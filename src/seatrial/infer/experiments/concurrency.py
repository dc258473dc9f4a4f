"""How many requests the consumer has under way at the same time, and what the others do."""

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials

_CALLS = 60
_TWICE = 2
_STABLE_S, _LEAST_STABLE_S, _STABLE = 0.6, 0.15, 0.4
"""When nothing more arrives for so long, or this share of an attempt, the others wait."""


@experiment
class Concurrency(Experiment):
    """Make many calls at once, and count those whose requests arrive while none is answered."""

    name = "concurrency"
    question = "how many requests it has under way, and what the others do"
    gives = ("concurrency.limit", "concurrency.queue")
    after = ("noise", "timeouts")

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Make the calls twice, and once more where not all were seen: a limit is the same."""
        stable_s = min(_STABLE_S, max(_LEAST_STABLE_S, _STABLE * known.hold_s))

        async def work(lab: Lab, label: str) -> Trial:
            calls, gathered = await lab.at_once(_CALLS, hold_s=known.hold_s, stable_s=stable_s)
            facts = {
                "waiting": float(gathered.waiting),
                "done": float(gathered.done),
                "released_s": gathered.released_s,
            }
            return await lab.trial(label, calls, facts, whole=gathered.whole, tied=False)

        found = await bench.on_each(["many"] * _TWICE, work, settled=["many"])
        if any(trial.facts["waiting"] < len(trial.calls) for trial in found):
            found += await bench.on_each(["many"], work, settled=["many"])
        return found

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Compare both times."""
        found = trials(seen, "many")
        waiting = {int(trial.facts["waiting"]) for trial in found}
        needed = _TWICE if waiting == {_CALLS} else _TWICE + 1
        if len(found) < needed or len(waiting) > 1:
            text = "the number of requests under way wasn't the same each time, or not in time"
            unsure = Inferred.undecided(text, observations=len(found))
            most = max((int(trial.facts["waiting"]) for trial in seen), default=0)
            least = Inferred.bounded(
                f"{most} requests were under way at once; {text}", observations=len(seen), low=most
            )
            return Known({"concurrency.limit": least, "concurrency.queue": unsure})
        (limit,) = waiting
        made = len(found[0].calls)
        if limit == made:
            none = Inferred.absent(
                f"all of {made} calls had a request under way at once", observations=2 * made
            )
            return Known(dict.fromkeys(self.gives, none))
        text = f"{limit} of {made} calls had a request under way, {len(found)} times"
        return Known(
            {
                "concurrency.limit": Inferred.measured(limit, text, observations=len(found) * made),
                "concurrency.queue": _queue(found[0], limit),
            }
        )


def _queue(trial: Trial, limit: int) -> Inferred:
    rejected = int(trial.facts["done"])
    queued = len(trial.calls) - limit - rejected
    if not rejected:
        return Inferred.bounded(
            f"{queued} calls waited for a place, and none was turned away",
            observations=len(trial.calls),
            low=queued,
        )
    return Inferred.measured(
        queued,
        f"{queued} calls waited for a place, {rejected} were turned away at once",
        observations=len(trial.calls),
    )
