"""When an attempt is given up that can't connect."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from seatrial.checks import Call
from seatrial.faults import down
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.infer.unanswered import CannotLeaveUnansweredError, Unanswered, unanswered

_POLL_S = 0.01
_CLOSE, _CLOSE_S = 0.1, 0.05
_LONGEST_S = 5.0
"""A call that takes so long may be left."""


@experiment
class Connect(Experiment):
    """Answer no connection, and look for how long the consumer tries each."""

    name = "connect"
    question = "when an attempt that can't connect is given up"
    gives = ("retry.connect_timeout_s",)
    after = ("attempts", "timeouts")

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Make one call, where this machine can leave connections unanswered."""
        timeout_s = known.number("retry.attempt_timeout_s") or 0.0
        attempts = known.number("retry.attempts") or 1
        telling_s = 2 * attempts * timeout_s + _waits_s(known)
        longest_s = min(bench.patience_s, max(_LONGEST_S, telling_s))

        async def work(lab: Lab, label: str) -> Trial:
            if lab.testbed.engine_name == "virtual" or sys.platform != "linux":
                return await lab.trial(label, (), whole=False)
            address = urlsplit(lab.wire.url)
            async with lab.fault(down()):
                try:
                    with unanswered(address.hostname or "", address.port or 0) as nobody:
                        return await _tried(lab, label, nobody, longest_s)
                except CannotLeaveUnansweredError:
                    return await lab.trial(label, (), whole=False)

        return await bench.on_each(["unanswered"], work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Compare for how long each connection was tried."""
        return Known({"retry.connect_timeout_s": _timeout(trials(seen, "unanswered"), known)})


async def _tried(lab: Lab, label: str, nobody: Unanswered, longest_s: float) -> Trial:
    """Make a call, and write down for how long each of its connections was tried."""
    first_s: dict[int, float] = {}
    last_s: dict[int, float] = {}
    began_s = lab.now_s
    task = asyncio.create_task(lab.call())
    waiting: set[int] = set()
    gaps_s = [_POLL_S]
    looked_s = began_s
    while lab.now_s - began_s < longest_s and not task.done():
        waiting, now_s = nobody.waiting(), lab.now_s
        gaps_s.append(now_s - looked_s)
        looked_s = now_s
        for port in waiting:
            first_s.setdefault(port, now_s)
            last_s[port] = now_s
        await lab.clock.sleep(_POLL_S)
    ended_s = lab.now_s - began_s
    task.cancel()
    (made,) = await asyncio.gather(task, return_exceptions=True)
    # One without an answer was ended by us, whose patience it outlasted.
    ended = isinstance(made, Call) and made.status is not None
    facts = {"ended": float(ended), "took_s": ended_s, "gap_s": max(gaps_s)}
    for place, port in enumerate(sorted(first_s, key=lambda one: first_s[one])):
        facts[f"from-{place}"] = first_s[port] - began_s
        facts[f"life-{place}"] = last_s[port] - first_s[port]
    return await lab.trial(label, (), facts, tied=False)


def _waits_s(known: Known) -> float:
    """Return the longest that a failed call waits between its attempts, at twice what was seen."""
    took = [row.after_s for kind, row in known.behaviour.items() if kind != "hang" and row.after_s]
    return 2 * max(took, default=0.0)


def _timeout(found: Sequence[Trial], known: Known) -> Inferred:
    if not found:
        return Inferred.undecided(
            "connections can't be left unanswered in virtual time, or on this machine"
        )
    facts = found[0].facts
    count = sum(name.startswith("life-") for name in facts)
    if not count:
        return Inferred.undecided("no attempt to connect was seen")
    lives, longest = _lives(facts, count)
    if not facts["ended"]:
        lives.pop()
        if not lives:
            return _still_tried(facts["took_s"], known)
    elif len(lives) > 1 and lives[-1] < min(lives[:-1]):
        lives.pop()  # the call's own end may have cut it
    return _given_up(lives, longest, facts, known)


def _given_up(
    lives: Sequence[float], longest: Sequence[float], facts: Mapping[str, float], known: Known
) -> Inferred:
    """Say the timeout.

    A busy machine makes a life longer, or shorter: the time in which a name is looked up is the
    attempt's too, and so are the times of looking at it.
    """
    spread_s = max(lives) - min(lives)
    low_s = max(0.0, (1 - _CLOSE) * min(lives) - max(known.noise_s, spread_s) / 2)
    high_s = min(lives) + 2 * facts["gap_s"] + known.noise_s
    if len(lives) == 1 and longest:
        high_s = max(high_s, min(longest))
    count = len(lives)
    text = f"{count} connections that nobody answers were given up after {min(lives):.2f} s"
    if high_s - min(lives) > max(_CLOSE * high_s, _CLOSE_S) or spread_s > _CLOSE * min(lives):
        text = f"{text} to {max(lives):.2f} s"
        high_s = max(high_s, max(lives) + spread_s)
        return Inferred.bounded(text, observations=count, low=low_s, high=high_s)
    value_s = min(lives) + facts["gap_s"]
    return Inferred.measured(round(value_s, 3), text, observations=count, low=low_s, high=high_s)


def _still_tried(took_s: float, known: Known) -> Inferred:
    """Bound it where a call was under way: attempts may share the connection that is tried."""
    attempts = known.number("retry.attempts")
    if attempts is None:
        return Inferred.undecided("a connection that nobody answers may be tried by many attempts")
    return Inferred.bounded(
        f"a call whose connection nobody answers was still under way after {took_s:.1f} s, "
        f"{attempts:g} attempts at most",
        observations=1,
        low=max(0.0, (took_s - _waits_s(known)) / attempts),
    )


def _lives(facts: Mapping[str, float], count: int) -> tuple[list[float], list[float]]:
    """Return for how long attempts tried, and the most for those whose connections outlived them.

    As of Go's client: an attempt that is given up leaves its connection to be made for others.
    """
    lives, longest = [], []
    for place in range(count):
        until_s = facts.get(f"from-{place + 1}", facts["took_s"])
        most_s, life_s = until_s - facts[f"from-{place}"], facts[f"life-{place}"]
        if place == count - 1 or life_s < most_s - _CLOSE_S / 2:
            lives.append(min(life_s, most_s))
        else:
            longest.append(most_s)
    return lives, longest
