"""What a call carries on to its attempts: a trace id, an idempotency key, a deadline."""

from collections.abc import Sequence
from dataclasses import replace

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.waits import repeated_kind
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import Action, Forward, Match, Rule

DEADLINES = (
    "x-request-deadline",
    "x-deadline",
    "x-request-timeout",
    "x-timeout-ms",
    "x-envoy-expected-rq-timeout-ms",
    "grpc-timeout",
    "request-timeout",
)
"""Headers that carry the time that is left."""
_CALLS = 3


@experiment
class Headers(Experiment):
    """Let calls carry a trace id, fail their first attempts, and read what each attempt carries."""

    name = "headers"
    question = "what a call carries on to its attempts"
    gives = ("trace.header", "idempotency.header", "deadline.header", "upstream.method")
    after = ("attempts",)

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Fail what is repeated once; then look for headers that name a deadline."""
        kind = repeated_kind(known)

        async def work(lab: Lab, label: str) -> Trial:
            if kind is None:
                calls = await lab.calls(_CALLS)
            else:
                fault = KINDS[kind]
                assert isinstance(fault, Action)
                calls = []
                for _ in range(_CALLS):
                    async with lab.fault(fault, first=1):
                        calls.append(await lab.call())
            facts = {name: float(await _carries(lab, name)) for name in DEADLINES}
            return replace(await lab.trial(label, calls), facts=facts)

        return await bench.on_each(["carried"], work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Compare what the attempts of one call carry."""
        found = trials(seen, "carried")
        methods = {one.method for trial in found for one in trial.attempts}
        return Known(
            {
                "trace.header": _trace(found),
                "idempotency.header": _key(found),
                "deadline.header": _deadline(found),
                "upstream.method": Inferred.measured(
                    "/".join(sorted(methods)), "the method of all requests", observations=_CALLS
                )
                if methods
                else Inferred.undecided("no request was seen"),
            }
        )


async def _carries(lab: Lab, name: str) -> bool:
    """Return whether a call's request has this header."""
    match = Match.model_validate({**lab.match.model_dump(), "header": {name: ".*"}})
    async with lab.wire.plan(Rule(match=match, do=Forward())):
        await lab.call()
        return bool(await lab.wire.applied())


def _trace(found: Sequence[Trial]) -> Inferred:
    pairs = [
        (call, one) for trial in found for call in trial.calls for one in trial.attempts_of(call)
    ]
    carried = [one.trace_id for _, one in pairs]
    if not pairs:
        return Inferred.undecided("no request was seen")
    if all(one.trace_id == call.trace_id for call, one in pairs):
        text = f"all of {len(pairs)} requests carry the id that their call came with"
        return Inferred.measured("x-trace-id", text, observations=len(pairs))
    if not any(carried):
        return Inferred.undecided(
            "no request carries x-trace-id; another header may carry a trace id: declare it in "
            "trace.header to look for it",
            observations=len(pairs),
        )
    return Inferred.absent(
        "requests carry x-trace-id, and not the id that their call came with",
        observations=len(pairs),
    )


def _key(found: Sequence[Trial]) -> Inferred:
    calls = [
        [one.key for one in trial.attempts_of(call)] for trial in found for call in trial.calls
    ]
    keys = [key for call in calls for key in call]
    if not keys:
        return Inferred.undecided("no request was seen")
    if not any(keys):
        return Inferred.absent("no request carries an Idempotency-Key", observations=len(keys))
    repeated = [call for call in calls if len(call) > 1]
    if not repeated:
        return Inferred.undecided("nothing is repeated, so that no key is sent twice")
    if any(len(set(call)) > 1 for call in repeated):
        return Inferred.absent(
            "the attempts of one call carry different keys", observations=len(keys)
        )
    if len({call[0] for call in repeated}) < len(repeated):
        return Inferred.absent("different calls carry the same key", observations=len(keys))
    return Inferred.measured(
        "Idempotency-Key",
        f"all attempts of each of {len(repeated)} calls carry one key",
        observations=len(keys),
    )


def _deadline(found: Sequence[Trial]) -> Inferred:
    carried = [name for trial in found for name in DEADLINES if trial.facts[name]]
    if carried:
        return Inferred.measured(carried[0], "requests carry it", observations=len(DEADLINES))
    return Inferred.undecided(
        f"none of the usual headers is there ({', '.join(DEADLINES)})", observations=len(DEADLINES)
    )
