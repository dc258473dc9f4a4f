"""Whether W3C's trace id comes through, where no other one does."""

from uuid import uuid4

from seatrial.checks import Call
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import Forward, Match, Rule

_CALLS = 3
_PATTERNS = {"same": ".*{trace_id}.*", "any": ".*"}


@experiment
class Traceparent(Experiment):
    """Let calls come with a traceparent, and look for its trace id in what they send."""

    name = "traceparent"
    question = "whether a traceparent comes through"
    gives = ("trace.header",)
    after = ("headers",)

    def skipped(self, known: Known) -> str | None:
        """It is enough that one id comes through."""
        if known.parameters["trace.header"].certainty is not Certainty.UNDECIDED:
            return "x-trace-id shows it"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Count the requests with the call's own trace id, and those with one."""

        async def work(lab: Lab, label: str) -> Trial:
            facts = dict.fromkeys(_PATTERNS, 0.0)
            calls = []
            for _ in range(_CALLS):
                for name, pattern in _PATTERNS.items():
                    call, carried = await _carries(lab, pattern)
                    calls.append(call)
                    facts[name] += carried
            return await lab.trial(label, calls, facts, tied=False)

        return await bench.on_each(["carried"], work, settled=["carried"])

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Say it where all requests carry it; what carries another id is none."""
        before = known.parameters["trace.header"]
        found = trials(seen, "carried")
        if not found:
            return Known({"trace.header": before})
        same, any_one = (int(found[0].facts[name]) for name in _PATTERNS)
        if same == _CALLS:
            text = f"all of {_CALLS} requests carry the trace id of their call's traceparent"
            return Known(
                {"trace.header": Inferred.measured("traceparent", text, observations=_CALLS)}
            )
        text = f"{any_one} of {_CALLS} requests carry a traceparent, {same} their call's trace id"
        if any_one == _CALLS and not same:
            return Known({"trace.header": Inferred.absent(text, observations=2 * _CALLS)})
        why = f"{before.why}; {text}"
        return Known({"trace.header": Inferred.undecided(why, observations=2 * _CALLS)})


async def _carries(lab: Lab, pattern: str) -> tuple[Call, bool]:
    """Make a call, and say whether a request of it carries a traceparent of this pattern."""
    trace_id = uuid4().hex
    header = {"traceparent": pattern.format(trace_id=trace_id)}
    match = Match.model_validate({**lab.match.model_dump(), "header": header})
    async with lab.wire.plan(Rule(match=match, do=Forward())):
        call = await lab.call(trace_id=trace_id)
        return call, bool(await lab.wire.applied())
