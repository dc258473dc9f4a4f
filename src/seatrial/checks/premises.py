"""What must have happened for a claim to mean something: without it a check is undecided.

Silence is evidence only where a request would have been seen; "it did not open" only where it
opens at all; "nobody was given garbage" only of callers who met it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from seatrial.checks.evidence import SHOWN, Call, Evidence
from seatrial.checks.phases import ScenarioPhase

_SLOW = 0.4
"""Of an attempt's time, which an answer takes at least that is to be waited for."""


@dataclass(frozen=True)
class Premise:
    """Something that must have been seen."""

    text: str
    """As a table of the checks shows it."""
    lacks: Callable[[Evidence], str | None]
    """Say in a sentence what wasn't seen; None where it was."""
    retryable: bool = False
    """Another run may show it: it was missed for want of time."""
    of_passing_alone: bool = False
    """What is seen to be broken is so without it."""


def visible(*in_phases: ScenarioPhase) -> Premise:
    """Require that requests of the calls in these phases would have reached the tap."""

    def lacks(evidence: Evidence) -> str | None:
        calls = evidence.calls_in(*in_phases)
        hidden = [(call, fault) for call in calls if (fault := evidence.hidden_by(call))]
        if not hidden:
            return None
        call, fault = hidden[0]
        return (
            f"{len(hidden)} of {len(calls)} calls were made while the fault {fault.name} kept "
            f"every request from the tap ({call.phase}): that none was seen shows nothing"
        )

    return Premise(f"requests of {_names(in_phases)} would have been seen", lacks)


def failed(*in_phases: ScenarioPhase) -> Premise:
    """Require calls in these phases, of which none was answered well."""

    def lacks(evidence: Evidence) -> str | None:
        calls = evidence.calls_in(*in_phases)
        good = [call for call in calls if call.outcome in SHOWN]
        if good:
            return (
                f"{len(good)} of the {len(calls)} calls that were to fail ({good[0].phase}) were "
                f"answered {good[0].status}, {good[0].outcome}"
            )
        return None if calls else f"no call was made that fails ({_names(in_phases)})"

    return Premise(f"the calls of {_names(in_phases)} failed", lacks)


def reached(*in_phases: ScenarioPhase) -> Premise:
    """Require that each call in these phases was seen to reach the provider's side."""

    def lacks(evidence: Evidence) -> str | None:
        calls = evidence.calls_in(*in_phases)
        silent = _silent(evidence, calls)
        if silent:
            return (
                f"{len(silent)} of {len(calls)} calls ({silent[0].phase}) sent nothing: "
                f"the consumer said {silent[0].status or 'nothing'} by itself"
            )
        return None if calls else f"no call was made ({_names(in_phases)})"

    return Premise(f"each call of {_names(in_phases)} reached the provider", lacks)


def held_back(batch: ScenarioPhase) -> Premise:
    """Require that a half-open breaker let some calls of a batch through, and not all."""

    def lacks(evidence: Evidence) -> str | None:
        calls = evidence.calls_in(batch)
        if _silent(evidence, calls):
            return None
        return (
            f"none of {len(calls)} calls at once ({batch}) was held back: a half-open breaker that "
            "lets all through looks like a closed one"
        )

    return Premise(f"some calls of {batch} were held back", lacks, of_passing_alone=True)


def refused(*in_phases: ScenarioPhase) -> Premise:
    """Require that none of the calls that an open breaker was to refuse came after its open time.

    Such a one is a probe: what follows it may find the breaker closed, or open once more.
    """

    def lacks(evidence: Evidence) -> str | None:
        calls = evidence.calls_in(*in_phases)
        probes = [call for call in calls if evidence.attempts_of(call)]
        if not probes:
            return None
        return (
            f"{len(probes)} of {len(calls)} calls that were to be refused ({probes[0].phase}) were "
            "let through, when the open time may have been over: they were probes"
        )

    return Premise(f"no call of {_names(in_phases)} was let through", lacks, retryable=True)


def answered_slowly(*in_phases: ScenarioPhase) -> Premise:
    """Require that answers in these phases took much of an attempt's time."""

    def lacks(evidence: Evidence) -> str | None:
        retry = evidence.policy.retry
        least_s = _SLOW * ((retry.attempt_timeout_s if retry else None) or 0.0)
        answers = [
            one
            for one in evidence.sent_during(evidence.calls_in(*in_phases))
            if one.answered_s is not None and one.given_up_s is None
        ]
        quick = [one for one in answers if (one.answered_s or 0.0) - one.arrived_s < least_s]
        if not quick:
            return None
        return f"{len(quick)} of {len(answers)} answers ({_names(in_phases)}) weren't slow"

    return Premise(f"the answers of {_names(in_phases)} were slow", lacks)


def some_attempt_failed() -> Premise:
    """Require a call that had a reason to try again."""

    def lacks(evidence: Evidence) -> str | None:
        if any(one.fault is not None or (one.status or 599) >= 500 for one in evidence.attempts):
            return None
        return "no attempt failed, so none had a reason to be repeated"

    return Premise("an attempt failed", lacks)


def together(phase: ScenarioPhase) -> Premise:
    """Require that all calls of a batch had begun before the first of them was let go."""

    def lacks(evidence: Evidence) -> str | None:
        batch, calls = evidence.batch(phase), evidence.calls_in(phase)
        late = [call for call in calls if batch and call.started_s >= batch.released_s]
        return f"{len(late)} of {len(calls)} callers came too late" if late else None

    return Premise(f"all callers of {phase} were there before the first answer", lacks, True)


def soon(after: ScenarioPhase, *before: ScenarioPhase) -> Premise:
    """Require that calls came while a breaker that those before had opened would still be open."""

    def lacks(evidence: Evidence) -> str | None:
        breaker = evidence.policy.breaker
        for call in evidence.calls_in(after) if breaker is not None else ():
            earlier = [one for one in evidence.calls_in(*before) if one.started_s < call.started_s]
            sent = evidence.known_attempts_of(call)
            if not earlier or not sent or breaker is None:
                continue
            opened_s = max(
                max([one.started_s, *(each.arrived_s for each in evidence.known_attempts_of(one))])
                for one in earlier
            )
            late_s = sent[0].arrived_s - opened_s
            if late_s >= breaker.open_s:
                return (
                    f"a call ({call.phase}) came {late_s:.2f} s after the last one before it: had "
                    f"that opened the breaker, its {breaker.open_s:g} s might have been over"
                )
        return None

    return Premise(f"{after} came within the open time after {_names(before)}", lacks, True)


def _silent(evidence: Evidence, calls: Iterable[Call]) -> list[Call]:
    return [call for call in calls if not evidence.attempts_of(call)]


def _names(in_phases: Iterable[ScenarioPhase]) -> str:
    return ", ".join(phase.name for phase in in_phases)
