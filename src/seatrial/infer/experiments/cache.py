"""Whether answers are kept, for how long, and whether concurrent misses share a request."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from seatrial.checks import Call
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import Action

AGES = 24
_WAITERS = 8
_APART_S = 0.01
_EXPIRED = 3
_AT_ONCE_S = 0.15
"""An entry that isn't served so soon isn't kept at all."""
_SHORTEST_S = 0.01
_WIDE, _WIDE_S = 0.1, 0.05
_FLIGHTS = ("flight", "flight-again")
_GOOD = (*_FLIGHTS, "ages", "narrowed", "alone")
"""Parts without a failure, or a 404 that a breaker may count."""
_SOON = ("soon-ages", "soon-missing")
_TRIES = 4
"""Entities that are asked for again at once, before ages are looked at."""
_LEAST_STABLE_S = 0.15
_LATER = 1.15
"""Of the age from which entries aren't served: one alone isn't either, unless others evict it."""


@experiment
class Cache(Experiment):
    """Ask again about the same entities, each once, at ages that grow."""

    name = "cache"
    question = "whether answers are kept, and for how long"
    gives = ("cache", "cache.ttl_s", "cache.single_flight", "cache.missing_ttl_s")
    after = ("noise", "attempts", "timeouts")

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Warm and ask again; let many ask at once; keep what is missing."""

        async def work(lab: Lab, label: str) -> Trial:
            if label in _FLIGHTS:
                return await _flight(lab, known)
            return await ages(lab, _SHORTEST_S, lab.patience_s, label)

        async def soon(lab: Lab, _: str) -> list[Trial]:
            return [await _soon(lab, label) for label in _SOON]

        found = [one for both in await bench.each(["soon"], soon) for one in both]
        kept = [one.label.removeprefix("soon-") for one in found if _may_keep(one)]
        found += await bench.on_each([*kept, *_FLIGHTS], work, settled=_GOOD)
        for label, *narrowed in (
            ("ages", "narrowed", "alone"),
            ("missing", "missing-narrowed", "missing-alone"),
        ):
            seen = trials(found, label)
            low_s, high_s = bracket(seen[0]) if seen else (None, None)
            if low_s is not None and high_s is not None:
                found += await _narrowed(bench, narrowed, low_s, high_s)
        return found

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Find the age from which entries aren't served any more."""
        warm = next(iter(trials(seen, "ages")), None) or next(iter(trials(seen, "soon-ages")), None)
        flight = _single_flight([one for one in seen if one.label == "flight"])
        missing = _missing(
            trials(seen, "missing") or trials(seen, "soon-missing"),
            [*trials(seen, "missing-narrowed"), *trials(seen, "missing-alone")],
            known,
        )
        if warm is None or not hits(warm):
            absent = (
                _never_kept(warm) if warm else Inferred.undecided("no entry could be asked for")
            )
            return Known(
                {
                    "cache": absent,
                    "cache.ttl_s": absent,
                    "cache.single_flight": flight,
                    "cache.missing_ttl_s": missing,
                }
            )
        return Known(
            {
                "cache": Inferred.measured(
                    True,
                    f"{len(hits(warm))} calls were answered without the provider",
                    observations=len(warm.calls) // 2,
                ),
                "cache.ttl_s": _ttl([warm, *trials(seen, "narrowed"), *trials(seen, "alone")]),
                "cache.single_flight": flight,
                "cache.missing_ttl_s": missing,
            }
        )


async def _soon(lab: Lab, label: str) -> Trial:
    """Ask for each of a few entities twice, in a row; where asked, a 404 comes first."""
    calls: list[Call] = []
    for entity in await lab.new_entities(_TRIES):
        async with AsyncExitStack() as stack:
            if label == "soon-missing":
                await stack.enter_async_context(lab.fault(_missing_answer(), first=1))
            calls.append(await lab.call(entity))
            calls.append(await lab.call(entity))
    return await lab.trial(label, calls)


def _may_keep(trial: Trial) -> bool:
    """Return whether any second call may have been answered without the provider."""
    return not trial.whole or any(not trial.attempts_of(call) for call in trial.calls[1::2])


async def _narrowed(
    bench: Bench, labels: Sequence[str], low_s: float, high_s: float
) -> list[Trial]:
    async def work(lab: Lab, label: str) -> Trial:
        if label.endswith("alone"):
            return await ages(lab, _LATER * high_s, _LATER * high_s, label, 1)
        return await ages(lab, low_s * 0.97, high_s * 1.03, label)

    return await bench.on_each(labels, work, settled=_GOOD)


async def ages(lab: Lab, low_s: float, high_s: float, label: str, count: int = AGES) -> Trial:
    """Load entities, and ask about each once more: at ages from the one to the other."""
    entities = await lab.new_entities(count)
    growth = (high_s / low_s) ** (1 / max(1, count - 1))
    async with AsyncExitStack() as stack:
        if label.startswith("missing"):
            await stack.enter_async_context(
                lab.fault_for_each(entities, _missing_answer(), first=1)
                if lab.tells_entities
                else lab.fault(KINDS["404"], first=count)
            )
        tasks = []
        for place, entity in enumerate(entities):
            tasks.append(asyncio.create_task(_aged(lab, entity, low_s * growth**place)))
            await lab.clock.sleep(_APART_S)
        try:
            calls = await _until_expired(lab, tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return await lab.trial(label, sorted(calls, key=lambda call: call.started_s))


def _missing_answer() -> Action:
    found = KINDS["404"]
    assert isinstance(found, Action)
    return found


async def _aged(lab: Lab, entity: str, age_s: float) -> list[Call]:
    first = await lab.call(entity)
    await lab.until(first.ended_s + age_s)
    return [first, await lab.call(entity)]


async def _until_expired(lab: Lab, tasks: Sequence["asyncio.Task[list[Call]]"]) -> list[Call]:
    """Wait for one age after the other, until three of them in a row were asked for again."""
    calls: list[Call] = []
    expired = 0
    for task in tasks:
        calls += await task
        expired = expired + 1 if await lab.sent_by(calls[-1]) else 0
        if expired == _EXPIRED:
            break
    return calls


async def _flight(lab: Lab, known: Known) -> Trial:
    """Let many ask about one entity, for as long as as many took that asked about others."""
    _, apart = await lab.at_once(_WAITERS, hold_s=known.hold_s)
    stable_s = max(_LEAST_STABLE_S, 2 * apart.took_s)
    calls, gathered = await lab.at_once(
        _WAITERS, await lab.new_entity(), hold_s=known.hold_s, stable_s=stable_s
    )
    facts = {"apart": float(apart.waiting), "waiting": float(gathered.waiting)}
    whole = apart.whole and gathered.whole and stable_s < known.hold_s
    return await lab.trial("flight", calls, facts, whole=whole, tied=False)


def _is_hit(trial: Trial, call: Call) -> bool:
    first = next(one for one in trial.calls if one.entity == call.entity)
    if first is call or trial.attempts_of(call):
        return False
    return call.outcome in ("good", "cached") or call.outcome == first.outcome


def hits(trial: Trial) -> list[Call]:
    """Return the calls that were answered without the provider, as the first one was."""
    return [call for call in trial.calls if _is_hit(trial, call)]


def bracket(trial: Trial) -> tuple[float | None, float | None]:
    """Return the oldest age at which an entry was served, and the first after it when not."""
    served: list[float] = []
    expired: list[float] = []
    for call in trial.calls:
        load = next(one for one in trial.calls if one.entity == call.entity)
        if load is call:
            continue
        if _is_hit(trial, call):
            served.append(call.started_s - load.ended_s)
        elif found := trial.attempts_of(call):
            # Its time may count from when it was asked for.
            expired.append(found[0].arrived_s - load.started_s)
    low_s = max(served, default=None)
    return low_s, min((one for one in expired if low_s is None or one > low_s), default=None)


def _ttl(found: Sequence[Trial]) -> Inferred:
    alone = [one for one in found if one.label.endswith("alone") and hits(one)]
    if alone:
        low_s, _ = bracket(alone[0])
        return Inferred.bounded(
            f"an entry was still served after {low_s:.3f} s where no others were loaded, and among "
            f"{AGES} not so long: a bound of entries, or a time to live with jitter, explains it",
            observations=AGES,
            low=low_s,
        )
    brackets = [bracket(trial) for trial in found]
    lows = [low for low, _ in brackets if low is not None]
    highs = [high for _, high in brackets if high is not None]
    observations = sum(len(trial.calls) // 2 for trial in found)
    low_s = max(lows)
    if not highs:
        return Inferred.bounded(
            f"an entry was still served after {low_s:.1f} s", observations=observations, low=low_s
        )
    high_s = min(highs)
    if high_s < low_s - 0.02 * low_s:
        return Inferred.undecided(
            f"an entry was served after {low_s:.2f} s and another not after {high_s:.2f} s: a "
            "bound of entries, or a time to live with jitter, explains it",
            observations=observations,
        )
    text = f"served after {low_s:.3f} s, asked again after {high_s:.3f} s"
    if high_s - low_s > max(_WIDE * high_s, _WIDE_S):
        return Inferred.bounded(text, observations=observations, low=low_s, high=high_s)
    return Inferred.measured(
        round((low_s + high_s) / 2, 3),
        text,
        observations=observations,
        low=min(low_s, high_s),
        high=max(low_s, high_s),
    )


def _single_flight(flights: Sequence[Trial]) -> Inferred:
    whole = [trial for trial in flights if trial.whole]
    if not whole:
        return Inferred.undecided("the concurrent calls weren't in flight together")
    if any(trial.facts["apart"] < len(trial.calls) for trial in whole):
        return Inferred.undecided(
            "calls wait for each other within the consumer, whatever they are about"
        )
    sent = [int(trial.facts["waiting"]) for trial in whole]
    asked = len(whole[0].calls)
    text = f"{asked} calls at once about one entity sent {', '.join(map(str, sent))} requests"
    if set(sent) == {1}:
        return Inferred.measured(True, text, observations=asked * len(whole))
    if set(sent) == {asked}:
        return Inferred.measured(False, text, observations=asked * len(whole))
    return Inferred.undecided(text, observations=asked * len(whole))


def _missing(found: Sequence[Trial], narrowed: Sequence[Trial], known: Known) -> Inferred:
    if not found:
        return Inferred.undecided("no 404 was seen")
    (trial,) = found
    if hits(trial):
        if known.behaviour.get("404", Behaviour()).cached is not True:
            return Inferred.undecided(
                "calls after a 404 sent nothing, and so they do where a breaker is open"
            )
        return _ttl([trial, *narrowed])
    _, youngest_s = bracket(trial)
    if known.behaviour.get("404", Behaviour()).cached:
        return Inferred.undecided("a 404 was kept once, and not another time")
    if youngest_s is None:
        return Inferred.undecided("the calls after a 404 sent nothing, and had other answers")
    if youngest_s > _AT_ONCE_S:
        return Inferred.bounded(
            f"a 404 wasn't kept for {youngest_s:.2f} s",
            observations=len(trial.calls) // 2,
            low=0.0,
            high=youngest_s,
        )
    return Inferred.measured(
        0.0, f"a 404 wasn't kept for {youngest_s:.2f} s", observations=len(trial.calls) // 2
    )


def _never_kept(trial: Trial) -> Inferred:
    _, youngest_s = bracket(trial)
    observations = len(trial.calls) // 2
    if youngest_s is None or youngest_s > _AT_ONCE_S:
        return Inferred.undecided(
            "no entry was asked for soon enough after it was loaded", observations=observations
        )
    return Inferred.absent(
        f"the provider was asked again after {youngest_s:.2f} s, and at every age after it",
        observations=observations,
    )
