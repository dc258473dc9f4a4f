"""What an open breaker lets through once its time is over, and what closes it."""

from collections.abc import Sequence

from seatrial.checks import Call
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.breaker import Opened, open_for, opened_span, trip, tripping_kind
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Observation, Trial, trials

_BATCH, _FEWER = 20, 10
"""Calls at once; fewer where a busy machine kept more of them apart."""
_ROUNDS = ((1, 2, 3, 4), (5, 6, 7, 8, 10))
"""Successes after which one looks whether it is closed; the second round where none closed it."""
_MARGIN = 0.1
"""Of the open time: beyond it the breaker surely lets a call through."""
_BATCHES = 4
_REPEATED = 2
"""Times that the batch is made again, where a busy machine kept its calls apart."""
_LATER = 0.3
"""Of the open time: the pause after a batch of which nothing was let through."""


@experiment
class HalfOpen(Experiment):
    """Open it, wait, and let many callers come at once, fail a probe, or let some succeed."""

    name = "half-open"
    question = "what an open breaker lets through, and what closes it"
    gives = (
        "breaker.probes",
        "breaker.successes",
        "breaker.order",
        "breaker.open_growth",
        "breaker.failures",
    )
    after = ("attempts", "timeouts", "breaker", "at-once", "concurrency")

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker whose open time is bounded."""
        found = known.parameters.get("breaker.open_s")
        if found is None or found.high is None:
            return "no breaker was seen to open and to let calls through again"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Open it for each part on a consumer of its own."""
        kind = tripping_kind(known)

        async def work(lab: Lab, label: str) -> Trial:
            opened = await trip(lab, kind, at_once=known.at_once)
            if not opened.silent:
                return await lab.trial(label, opened.calls, whole=False)
            high_s = known.parameters["breaker.open_s"].high or 0.0
            await lab.until(opened.calls[-1].ended_s + high_s * (1 + _MARGIN) + known.noise_s)
            if label.startswith("batch"):
                return await _batch(lab, known, high_s, _BATCH if label == "batch" else _FEWER)
            if label == "failed-probe":
                return await _failed_probe(lab, _repeated(known) or kind)
            return await _successes_then_failures(lab, kind, int(label.split("-")[1]), known)

        labels = ["batch", "failed-probe"]
        if not known.at_once:  # they count failures one after the other
            labels += [f"successes-{count}" for count in _ROUNDS[0]]
        found = await bench.on_each(labels, work)
        for _ in range(_REPEATED):
            if trials(found, "batch"):
                break
            found += await bench.on_each(["batch-again"], work)
        if not known.at_once and not any(
            _is_closed(trial) for trial in found if trial.label.startswith("successes")
        ):
            more = [f"successes-{count}" for count in _ROUNDS[1]]
            found += await bench.on_each(more, work)
        return found

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Count what was let through."""
        probes = trials(seen, "failed-probe")
        order = _order(probes, known)
        return Known(
            {
                "breaker.probes": _probes(trials(seen, "batch"), known),
                "breaker.successes": _successes(
                    [one for one in seen if one.label.startswith("successes-") and one.whole],
                    probes,
                ),
                "breaker.order": order,
                "breaker.open_growth": _growth(probes, known),
                "breaker.failures": _failures(known, order),
            }
        )


async def _batch(lab: Lab, known: Known, open_s: float, count: int) -> Trial:
    calls: list[Call] = []
    for _ in range(_BATCHES):
        calls, gathered = await lab.at_once(count, hold_s=known.hold_s)
        if gathered.waiting:
            break
        await lab.clock.sleep(_LATER * open_s)
    facts = {"waiting": float(gathered.waiting)}
    return await lab.trial("batch", calls, facts, whole=gathered.whole, tied=False)


async def _failed_probe(lab: Lab, kind: str) -> Trial:
    async with lab.fault(KINDS[kind]):
        calls = await lab.calls(2)
    after, again = await open_for(lab)
    return await lab.trial("failed-probe", [*calls, *after], {"reopened": float(again)})


async def _successes_then_failures(lab: Lab, kind: str, successes: int, known: Known) -> Trial:
    """Let calls succeed, and then count the failures that open it again."""
    calls = await lab.calls(successes)
    most = int(known.parameters["breaker"].high or 1)
    async with lab.fault(KINDS[kind]):
        for _ in range(most + 1):
            calls.append(await lab.call())
            if not await lab.sent_by(calls[-1]):
                break
    facts = {"successes": float(successes), "calls_to_open": float(most)}
    return await lab.trial(f"successes-{successes}", calls, facts)


def _repeated(known: Known) -> str | None:
    for kind in ("503", "500", "502", "504"):
        if (((found := known.behaviour.get(kind)) and found.attempts) or 1) > 1:
            return kind
    return None


def _probes(batches: Sequence[Trial], known: Known) -> Inferred:
    if not batches:
        return Inferred.undecided("the calls of the concurrent batch weren't in flight together")
    trial = batches[-1]
    # What arrived later may have been let through by a success.
    sent = int(trial.facts["waiting"])
    if sent == 0:
        return Inferred.undecided("none of the concurrent calls was let through")
    if sent == len(trial.calls):
        return Inferred.absent(
            f"all of {sent} calls at once were let through: no cap up to {sent}", observations=sent
        )
    limit = known.parameters.get("concurrency.limit")
    if limit is not None and limit.certainty is not Certainty.ABSENT and sent == limit.low:
        return Inferred.undecided(
            f"{sent} calls at once were let through, and no more are under way while it is closed",
            observations=sent,
        )
    return Inferred.measured(
        sent,
        f"{sent} of {len(trial.calls)} calls at once were let through before the first answer",
        observations=len(trial.calls),
    )


def _failures_after(trial: Trial) -> int | None:
    """Return how many failures after the successes opened it; None: not even as many as at first.

    The successes themselves must have been sent.
    """
    successes = int(trial.facts["successes"])
    for place, call in enumerate(trial.calls[successes:]):
        if not trial.attempts_of(call):
            return place
    return None


def _is_closed(trial: Trial) -> bool | None:
    """Return whether as many failures as at first were needed; None: neither that nor one."""
    successes, needed = int(trial.facts.get("successes", 0)), int(trial.facts["calls_to_open"])
    if any(not trial.attempts_of(call) for call in trial.calls[:successes]):
        return None
    failures = _failures_after(trial)
    if failures == needed and needed > 1:
        return True
    return False if failures == 1 and needed > 1 else None


def _successes(found: Sequence[Trial], probes: Sequence[Trial]) -> Inferred:
    if not found:
        return Inferred.undecided("it could not be opened")
    if any(trial.sent(1) for trial in probes):
        return Inferred.undecided(
            "a failed probe didn't open it again: it may close by itself, when its time is over",
            observations=len(probes),
        )
    if found[0].facts["calls_to_open"] < 2:
        return Inferred.undecided("one failure opens it, so that half-open looks like closed")
    closed = {int(trial.facts["successes"]): _is_closed(trial) for trial in found}
    if None in closed.values():
        odd = [count for count, value in closed.items() if value is None]
        return Inferred.undecided(
            f"after {odd[0]} successes it took neither one failure nor as many as at first to open "
            "it again: it may look at a rate while half-open",
            observations=len(closed),
        )
    enough = [count for count, value in sorted(closed.items()) if value]
    if not enough:
        return Inferred.bounded(
            f"one failure opened it again after each of 1 to {max(closed)} successes",
            observations=len(closed),
            low=max(closed) + 1,
        )
    if any(not closed[count] for count in closed if count > enough[0]):
        return Inferred.undecided(f"contradictory: closed after {enough} successes of {closed}")
    return Inferred.measured(
        enough[0],
        f"after {enough[0]} successes it took as many failures as at first to open it again"
        + (f", after {enough[0] - 1} only one" if enough[0] > 1 else ""),
        observations=len(closed),
    )


def _order(probes: Sequence[Trial], known: Known) -> Inferred:
    cut = known.parameters.get("breaker.order")
    if cut is not None and cut.is_measured:
        return cut
    kind = _repeated(known)
    if not probes or kind is None:
        return Inferred.undecided("no failure is repeated, so that the order makes no difference")
    (trial,) = probes
    sent, expected = trial.sent(0), known.behaviour[kind].attempts
    if sent == 1 and (expected or 0) > 1 and not trial.sent(1):
        return Inferred.measured(
            "inside-retry", "a failed probe sent one attempt: each attempt counts", observations=1
        )
    if expected is not None and sent == expected and not trial.sent(1):
        return Inferred.measured(
            "around-retry",
            f"a failed probe sent all of its {sent} attempts, and the next call none",
            observations=1,
        )
    return Inferred.undecided(f"a failed probe sent {sent} attempts", observations=1)


def _failures(known: Known, order: Inferred) -> Inferred:
    """Say the threshold in what it counts: calls, or attempts."""
    found = known.parameters["breaker.failures"]
    if found.is_measured or found.high is None or found.low is None or not order.is_measured:
        return found
    # Inside the retry, and no call's attempts were cut short: its last attempt opened it.
    value = found.low if order.value == "around-retry" else found.high
    assert value is not None
    return Inferred.measured(int(value), f"{found.why}; {order.why}", observations=2)


def _growth(probes: Sequence[Trial], known: Known) -> Inferred:
    open_s = known.parameters["breaker.open_s"]
    if not probes:
        return Inferred.undecided("no probe was seen to fail")
    (trial,) = probes
    first, second, *after = trial.calls
    if not trial.attempts_of(first) or trial.attempts_of(second):
        return Inferred.undecided("a failed probe didn't open it again", observations=1)
    if not trial.facts["reopened"] or not after or not open_s.high or not open_s.low:
        return Inferred.bounded(
            "after a failed probe it stayed open longer than anybody looked",
            observations=1,
            low=1.0,
        )
    low_s, high_s = opened_span(trial, Opened([first, second], silent=True), after)
    low, high = low_s / open_s.high, high_s / open_s.low
    text = f"after a failed probe it was open {low_s:.2f} to {high_s:.2f} s"
    if low <= 1.0 <= high and high / low < 1.5:
        return Inferred.measured(1.0, text, observations=2, low=low, high=high)
    if high / low < 1.3 and not low <= 1.0 <= high:
        return Inferred.measured(
            round((low + high) / 2, 1), text, observations=2, low=low, high=high
        )
    return Inferred.bounded(text, observations=2, low=low, high=high)
