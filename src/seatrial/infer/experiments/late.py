"""What an open breaker makes of a call that began before it opened, and ends well."""

import asyncio

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.breaker import trip, tripping_kind
from seatrial.infer.experiments.retry_after import asking_status
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import Action, Hold, Status

_LABELS = ("late", "late")
_ARRIVES_WITHIN_S = 2.0
_POLL_S = 0.01
_SLACK_S = 0.3
_AFTER = 2
"""Calls after the late one."""


@experiment
class Late(Experiment):
    """Keep one call waiting, open the breaker, let the call end well, and see what is sent then."""

    name = "late"
    question = "what an open breaker makes of a call that began before"
    gives = ("breaker.late_results",)
    after = ("breaker", "half-open", "retry-after", "timeouts")

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker that stays open for a known time."""
        opens = known.parameters["breaker"].value is not None
        if not opens or not known.parameters["breaker.open_s"].low:
            return "no breaker was seen to open, and to stay so"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Make the call wait for a Retry-After where it does, else for its answer."""
        kind = tripping_kind(known)
        held = _holding(known, kind)
        needed = int(known.parameters["breaker"].high or 1)

        async def work(lab: Lab, label: str) -> Trial:
            return await _late(lab, label, kind, held, needed)

        return await bench.on_each(_LABELS, work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Say whether the call's success closed it."""
        open_s = known.parameters["breaker.open_s"].low or 0.0
        found = {_closes(trial, open_s) for trial in trials(seen, "late")}
        if len(found) != 1 or None in found:
            unsure = Inferred.undecided(
                "no call ended well while it was surely open, or it wasn't the same twice",
                observations=len(seen),
            )
            return Known({"breaker.late_results": unsure})
        value, sent = ("close", "requests") if found == {True} else ("ignored", "nothing")
        text = f"a call ended well while it was open, and the next {_AFTER} sent {sent}, twice"
        late = Inferred.measured(value, text, observations=len(seen))
        return Known({"breaker.late_results": late})


def _holding(known: Known, kind: str) -> Action:
    """Return what keeps a call for longer than others take to fail, and no longer than it must."""
    cap = known.parameters["retry.retry_after_cap_s"]
    around = known.parameters["breaker.order"].value == "around-retry"
    fails_s = known.behaviour.get(kind, Behaviour()).after_s or 0.0
    asked_s = int(fails_s + _SLACK_S) + 1
    if around and known.parameters["retry.retry_after_s"].value and asked_s <= (cap.low or 0.0):
        return Status(status=asking_status(known), retry_after_s=asked_s)
    return Hold()


async def _late(lab: Lab, label: str, kind: str, held: Action, needed: int) -> Trial:
    entity = await lab.new_entity()
    async with lab.fault_for_each([entity], held, first=1):
        late = asyncio.create_task(lab.call(entity))
        try:
            until_s = lab.now_s + _ARRIVES_WITHIN_S
            while not await lab.wire.applied() and lab.now_s < until_s:
                await lab.clock.sleep(_POLL_S)
            opened = await trip(lab, kind, at_once=needed)
        except BaseException:
            late.cancel()
            raise
    first = await late
    calls = [first, *opened.calls, *await lab.calls(_AFTER)]
    return await lab.trial(label, calls, whole=opened.silent and lab.tells_entities)


def _closes(trial: Trial, open_s: float) -> bool | None:
    """Return whether the late success closed it; None: it wasn't late, or came too late."""
    late, *opening = trial.calls[:-_AFTER]
    after = trial.calls[-_AFTER:]
    attempts = [one for call in opening for one in trial.attempts_of(call)]
    # It opened after the last answer of those that it took to open it.
    opened_s = max((one.answered_s or one.arrived_s for one in attempts), default=0.0)
    is_late = late.outcome == "good" and late.ended_s > opening[-1].started_s
    if not is_late or after[-1].ended_s > opened_s + open_s:
        return None
    sent = {bool(trial.attempts_of(call)) for call in after}
    return sent.pop() if len(sent) == 1 else None
