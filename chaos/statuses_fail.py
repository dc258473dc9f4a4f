"""The provider answers with other failing statuses than 503, or with nonsense."""

from seatrial.checks import COUNTS_EVERY_KIND, KINDS, RETRIES_EVERY_KIND, phases
from seatrial.scenarios import LiveEdge, failing_round, open_by_status, scenario
from seatrial.tap import Body, Reset, Rule, Status, When

_NAMES = [name for name, kind in KINDS.items() if kind.status is not None]


@scenario(
    checks=[RETRIES_EVERY_KIND, COUNTS_EVERY_KIND],
    phases=[
        phases.FAILING,
        phases.OPEN,
        *(KINDS[name].failing for name in (*_NAMES, "nonsense", "mixture")),
        *(KINDS[name].after for name in (*_NAMES, "nonsense", "mixture")),
    ],
    requires=["retry"],
    tags=["kinds"],
    entities=400,
)
async def statuses_fail(edge: LiveEdge) -> None:
    """500, 502, 504 and those that are declared: retried and counted as declared.

    So is nonsense with a good status, and a mixture of failures, one after another.
    """
    await open_by_status(edge)
    for name in _NAMES:
        kind = KINDS[name]
        assert kind.status is not None
        if not kind.is_tested(edge.policy):
            continue
        await failing_round(edge, kind, Rule(match=edge.match, do=Status(status=kind.status)))
    nonsense = KINDS["nonsense"]
    if nonsense.is_tested(edge.policy):
        page = Body(text="<html>It works!</html>")
        await failing_round(edge, nonsense, Rule(match=edge.match, do=page))
    failing, policy = edge.policy.failing_status, edge.policy
    alike = policy.retries(failing) == policy.retries("connection_errors")
    if not alike or policy.counts(failing) != policy.counts("connection_errors"):
        return  # each call of the mixture would be another case
    by_turns = Rule(match=edge.match, when=When(every=2), do=Reset())
    await failing_round(edge, KINDS["mixture"], by_turns, edge.failing)
