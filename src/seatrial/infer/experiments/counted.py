"""Which failures a breaker counts: the matrix's second column."""

from collections import deque
from collections.abc import Mapping

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import CONNECTION_KINDS, KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Certainty, Inferred
from seatrial.infer.trials import Observation, Trial

_SHORT_OPEN_S = 3.0
"""An open time that is sooner over than a consumer is started."""
_MOST_SUCCESSES = 10


@experiment
class Counted(Experiment):
    """Fail as often as opens the breaker, in each way, and then ask once more while all is well."""

    name = "counted"
    question = "which failures the breaker counts"
    gives = ()
    after = ("attempts", "breaker", "half-open", "timeouts")

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker, and how many failed calls open it."""
        if known.parameters["breaker"].high is None:
            return "no breaker was seen to open"
        if known.parameters["breaker.failures"].certainty is Certainty.UNDECIDED:
            return "the breaker doesn't count failures in a row"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Fail in each way that ends in time; a consumer goes on while its breaker is closed."""
        most = _needed(known)
        kinds = deque(sorted(_ending_in_time(bench, known, most), key=_rarely_counted))
        open_s = known.parameters["breaker.open_s"].high

        async def work(lab: Lab, _: int) -> list[Trial]:
            found = []
            while kinds:
                kind = kinds.popleft()
                found.append(await _fail(lab, kind, most, known))
                opened = not await lab.sent_by(found[-1].calls[-1])
                if opened and not await _closed_again(lab, open_s):
                    break
            return found

        found: list[Trial] = []
        while kinds:
            groups = await bench.each(range(min(bench.concurrency, len(kinds))), work)
            found += [trial for group in groups for trial in group]
        return found

    def conclude(self, seen: Observation, known: Known) -> Known:
        """A call that sends nothing, though all is well, met an open breaker."""
        counted = {trial.label: Behaviour(counted=_counted(trial)) for trial in seen}
        return Known(
            _purposes({kind: one.counted for kind, one in counted.items()}, known), counted
        )


_GROUPS = {
    "failures.counted.connection_errors": CONNECTION_KINDS,
    "failures.counted.bad_answers": ("garbage", "truncated"),
    "failures.counted.timeouts": ("hang",),
}


def _purposes(rows: Mapping[str, bool | None], known: Known) -> dict[str, Inferred]:
    """Say what the breaker counts, as the policy declares it: kinds that agree, and statuses."""
    found = {}
    for name, kinds in _GROUPS.items():
        values = {rows.get(kind) for kind in kinds}
        if len(values) == 1 and None not in values:
            counts = bool(values.pop())
            text = f"{', '.join(kinds)}: the next call sent {'nothing' if counts else 'a request'}"
            found[name] = Inferred.measured(counts, text, observations=len(kinds))
    asked = [kind for kind in KINDS if kind.isdigit()]
    if any(rows.get(kind) is None for kind in asked):
        return found
    status = tuple(int(kind) for kind in asked if rows[kind])
    text = "statuses that open the breaker"
    if known.number("retry.attempts") == 1 and status:
        found["failures.status"] = Inferred.measured(status, text, observations=len(asked))
    else:
        found["failures.counted.status"] = Inferred.measured(status, text, observations=len(asked))
    return found


def _needed(known: Known) -> int:
    """Return how many calls of any kind surely open it, if they count."""
    failures = known.parameters["breaker.failures"]
    calls = int(known.parameters["breaker"].high or 1)
    inside = known.parameters["breaker.order"].value != "around-retry"
    return int(failures.high or calls) if inside else calls


def _rarely_counted(kind: str) -> bool:
    """Sort what breakers leave uncounted first: their consumers can go on."""
    return kind.startswith(("5", "c", "r", "h", "l", "t", "g", "e")) or kind == "429"


def _ending_in_time(bench: Bench, known: Known, most: int) -> list[str]:
    found = {kind: known.behaviour[kind].after_s for kind in KINDS if kind in known.behaviour}
    return [kind for kind, took_s in found.items() if took_s and took_s * most <= bench.patience_s]


async def _fail(lab: Lab, kind: str, most: int, known: Known) -> Trial:
    async with lab.fault(KINDS[kind]):
        calls = [await lab.call()]
        while len(calls) < most:
            calls.append(await lab.call())
    calls.append(await lab.call())
    # It may have opened in the meantime and let the last call through as a probe.
    open_s = known.parameters["breaker.open_s"].low or 0.0
    return await lab.trial(kind, calls, {"open_s": open_s})


async def _closed_again(lab: Lab, open_s: float | None) -> bool:
    """Wait until the breaker has closed; False where a new consumer is there sooner."""
    if open_s is None or open_s > _SHORT_OPEN_S:
        return False
    await lab.clock.sleep(open_s * 1.1 + 0.05)
    for _ in range(_MOST_SUCCESSES):
        if not await lab.sent_by(await lab.call()):
            return False
    return True


def _counted(trial: Trial) -> bool | None:
    *failed, after = trial.calls
    if not trial.attempts_of(after):
        return None if after.outcome in ("good", "cached") else True
    opened = [call for call in failed if not trial.attempts_of(call)]
    if opened and trial.label != "refused":
        return True  # it opened before the last failure
    # It may have opened and closed again: with the last failure, or unseen before it.
    began = failed[0].started_s if trial.label == "refused" else failed[-1].ended_s
    return None if after.started_s - began >= trial.facts["open_s"] > 0 else False
