"""Entries of the cache: renewed by use, how many, and what is served while the provider fails."""

from collections.abc import Sequence

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.breaker import trip, tripping_kind
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Observation, Trial, trials

_MANY = 200
_STALE_AGES, _NARROWED_AGES = 12, 30
_SOONEST_S = 0.05
_EARLIER = 0.08
_SOON_S = 0.15
"""An expired entry that isn't served so soon never is."""
_WIDE, _WIDE_S = 0.1, 0.05


@experiment
class Entries(Experiment):
    """Use an entry before it expires, keep many, and ask for old ones while the provider fails."""

    name = "entries"
    question = "what the cache keeps, and what it serves while the provider fails"
    gives = (
        "cache.sliding",
        "cache.max_entries",
        "cache.stale_if_error_s",
        "cache.serves_while_open",
    )
    after = ("cache", "breaker", "half-open")

    def skipped(self, known: Known) -> str | None:
        """It takes a cache."""
        if known.parameters["cache"].value is None:
            return "no answer is kept"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Make each part on a consumer of its own."""
        ttl = known.parameters["cache.ttl_s"]
        opens = known.parameters["breaker"].value is not None

        async def work(lab: Lab, label: str) -> Trial:
            if label == "many":
                return await _many(lab, ttl.low)
            if label == "open":
                return await _while_open(lab, known)
            if label == "sliding":
                return await _sliding(lab, known)
            return await _stale(lab, known, _SOONEST_S, lab.patience_s, "stale")

        labels = ["many", *(["open"] if opens else [])]
        if ttl.high is not None and ttl.low:
            labels += ["sliding", "stale"]
        found = await bench.on_each(labels, work, settled=["sliding"])
        served, refused = _staleness(trials(found, "stale"), ttl.low or 0.0, ttl.high or 0.0)
        if not refused or max(served, default=0.0) <= 0:
            return found

        # The first is asked for before its time: what expires is known as closely as its TTL is.
        from_s = max(_SOONEST_S, max(served) - _EARLIER * (max(served) + (ttl.high or 0.0)))

        async def narrowed(lab: Lab, label: str) -> Trial:
            return await _stale(lab, known, from_s, 1.03 * min(refused), label)

        return [*found, *await bench.on_each(["stale-narrowed"], narrowed)]

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Say for each part what was asked again."""
        sliding, bound = _is_sliding(trials(seen, "sliding")), _bound(trials(seen, "many"))
        if served := _looks_served(known):
            unsure = Inferred.undecided(served)
            return Known(
                {
                    "cache.sliding": sliding,
                    "cache.max_entries": bound,
                    "cache.stale_if_error_s": unsure,
                    "cache.serves_while_open": unsure,
                }
            )
        return Known(
            {
                "cache.sliding": sliding,
                "cache.max_entries": bound,
                "cache.stale_if_error_s": _stale_time(
                    [*trials(seen, "stale"), *trials(seen, "stale-narrowed")], known
                ),
                "cache.serves_while_open": _open_hits(trials(seen, "open")),
            }
        )


async def _many(lab: Lab, ttl_s: float | None) -> Trial:
    """Ask about many entities, and then again, the newest first, until one was forgotten."""
    entities = await lab.new_entities(_MANY)
    calls = []
    for entity in entities:
        calls.append(await lab.call(entity))
        if ttl_s is not None and calls[-1].ended_s - calls[0].started_s > 0.4 * ttl_s:
            break
    kept = len(calls)
    for call in reversed(calls[:kept]):
        calls.append(await lab.call(call.entity))
        if len(calls) % 10 == 0 and await lab.sent_by(calls[-1]):
            break
    facts = {"kept": float(kept), "ttl_s": ttl_s or float("inf")}
    return await lab.trial("many", calls, facts)


async def _while_open(lab: Lab, known: Known) -> Trial:
    """Open the breaker, and ask for what was kept just before."""
    entities = await lab.new_entities(3)
    kind = tripping_kind(known)
    needed = int(known.parameters["breaker"].high or 1)
    warm = await lab.about(entities)
    # At once, or what is kept would expire meanwhile.
    opened = await trip(lab, kind, needed + 2, at_once=needed)
    async with lab.fault(KINDS[kind]):
        calls = await lab.about(entities, together=1)
        shut = await lab.call()
    whole = opened.silent and not await lab.sent_by(shut)
    ttl_s = known.parameters["cache.ttl_s"].low or 0.0
    fresh = calls[-1].ended_s - warm[0].started_s < ttl_s
    return await lab.trial("open", [*warm, *calls], whole=whole and fresh)


async def _sliding(lab: Lab, known: Known) -> Trial:
    """Use an entry at two thirds of its time, and again a third after its time."""
    low_s, high_s = known.parameters["cache.ttl_s"].low, known.parameters["cache.ttl_s"].high
    assert low_s is not None
    assert high_s is not None
    calls = [await lab.call()]
    loaded_s = calls[0].ended_s
    for share in (0.7 * low_s, 1.3 * high_s):
        await lab.until(loaded_s + share)
        calls.append(await lab.call(calls[0].entity))
    facts = {"since_use_s": calls[2].ended_s - calls[1].started_s, "ttl_s": low_s}
    return await lab.trial("sliding", calls, facts)


async def _stale(lab: Lab, known: Known, from_s: float, to_s: float, label: str) -> Trial:
    """Let entries expire, and ask for each once, ever later, while the provider fails."""
    high_s = known.parameters["cache.ttl_s"].high
    assert high_s is not None
    ages = _STALE_AGES if label == "stale" else _NARROWED_AGES
    entities = await lab.new_entities(ages)
    calls = await lab.about(entities, together=4)
    expired_s = max(call.ended_s for call in calls) + high_s * 1.03 + known.noise_s
    growth = (to_s / from_s) ** (1 / (ages - 1))
    async with lab.fault(KINDS[tripping_kind(known)]):
        for place, entity in enumerate(entities):
            await lab.until(expired_s + from_s * growth**place)
            calls.append(await lab.call(entity))
            if place >= 1 and not any(one.outcome in _SERVED for one in calls[-2:]):
                break
    return await lab.trial(label, calls, {"loaded": float(ages)})


_SERVED = ("good", "cached", "stale", "degraded")


def _looks_served(known: Known) -> str | None:
    """Return why an answer from the cache can't be told from one to a failure."""
    answer = known.behaviour.get(tripping_kind(known), Behaviour()).answer
    if answer.startswith(_SERVED):
        return f"a failure of the provider is answered as {answer}, whatever is kept"
    return None


def _bound(found: Sequence[Trial]) -> Inferred:
    if not found:
        return Inferred.undecided("the entries couldn't be looked at")
    trial = found[0]
    kept = int(trial.facts["kept"])
    again = trial.calls[kept:]
    late = trial.calls[-1].ended_s - trial.calls[0].started_s > 0.9 * trial.facts["ttl_s"]
    served = next((place for place, one in enumerate(again) if trial.attempts_of(one)), len(again))
    if served == len(again):
        return Inferred.bounded(
            f"{served} entries were all still served", observations=served, low=served
        )
    if late:
        return Inferred.undecided("the first entries expired before all had been asked for")
    asked_anew = [one for one in again[served:] if trial.attempts_of(one)]
    if len(asked_anew) < len(again) - served or served < 1:
        return Inferred.undecided(
            f"{served} of the newest entries were served and, among older ones, some: what it "
            "evicts isn't the oldest",
            observations=len(again),
        )
    return Inferred.measured(
        served,
        f"of {kept} entries the newest {served} were served, older ones asked for again",
        observations=kept,
    )


def _open_hits(found: Sequence[Trial]) -> Inferred:
    if not found:
        return Inferred.undecided("no entry was fresh while a breaker was open")
    trial = found[0]
    asked = trial.calls[len(trial.calls) // 2 :]
    good = [one for one in asked if one.outcome in ("good", "cached")]
    text = f"{len(good)} of {len(asked)} fresh entries were served while the breaker was open"
    if len(good) not in (0, len(asked)):
        return Inferred.undecided(text, observations=len(asked))
    return Inferred.measured(bool(good), text, observations=len(asked))


def _is_sliding(found: Sequence[Trial]) -> Inferred:
    if not found:
        return Inferred.undecided("the time to live isn't bounded")
    trial = found[0]
    if trial.attempts_of(trial.calls[1]):
        return Inferred.undecided("the entry wasn't served within its time")
    served = not trial.attempts_of(trial.calls[2])
    if not served and trial.facts["since_use_s"] >= trial.facts["ttl_s"]:
        return Inferred.undecided("the machine was too slow to look in time")
    text = "an entry that was used in its time was {} after it"
    return Inferred.measured(
        served, text.format("served" if served else "asked for again"), observations=1
    )


def _staleness(
    found: Sequence[Trial], ttl_low_s: float, ttl_high_s: float
) -> tuple[list[float], list[float]]:
    """Return how long after their time entries were surely expired when served, or not served."""
    served: list[float] = []
    refused: list[float] = []
    for trial in found:
        warm = int(trial.facts["loaded"])
        for load, call in zip(trial.calls[:warm], trial.calls[warm:], strict=False):
            if call.outcome in _SERVED:
                served.append(call.started_s - load.ended_s - ttl_high_s)
            else:
                refused.append(call.ended_s - load.started_s - ttl_low_s)
    return served, refused


def _stale_time(found: Sequence[Trial], known: Known) -> Inferred:
    ttl = known.parameters["cache.ttl_s"]
    if not found or ttl.low is None or ttl.high is None:
        return Inferred.undecided("the time to live isn't bounded")
    served, refused = _staleness(found, ttl.low, ttl.high)
    if not served and min(refused) > _SOON_S:
        return Inferred.bounded(
            f"an expired entry wasn't served {min(refused):.2f} s after its time",
            observations=len(refused),
            low=0.0,
            high=min(refused),
        )
    if not served:
        return Inferred.measured(
            0.0,
            f"an expired entry wasn't served {min(refused):.2f} s after its time",
            observations=len(refused),
            low=0.0,
            high=min(refused),
        )
    low_s = max(0.0, *served)
    if not refused:
        return Inferred.bounded(
            f"an entry was served {low_s:.1f} s after its time while the provider failed",
            observations=len(served),
            low=low_s,
        )
    high_s = min(refused)
    text = f"served {low_s:.2f} s after its time while the provider failed, not {high_s:.2f} s"
    if high_s < low_s:
        return Inferred.undecided(text, observations=len(served) + len(refused))
    if high_s - low_s > max(_WIDE * high_s, _WIDE_S):
        return Inferred.bounded(
            text, observations=len(served) + len(refused), low=low_s, high=high_s
        )
    return Inferred.measured(
        round((low_s + high_s) / 2, 3),
        text,
        observations=len(served) + len(refused),
        low=low_s,
        high=high_s,
    )
