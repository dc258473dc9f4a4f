"""An edge on its testbed: its consumer proved to reach its provider through the wire."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from seatrial.checks import phases
from seatrial.config import Edge
from seatrial.errors import InvalidRun
from seatrial.scenarios.definition import Scenario
from seatrial.scenarios.edge import LiveEdge
from seatrial.testbed import CallDriver, Consumer, Testbed, patience_s

_NOT_FOUND = 404


@asynccontextmanager
async def live_edge(
    testbed: Testbed,
    consumer: Consumer,
    entities: list[str],
    *,
    scenario: Scenario,
    declared: Edge | None = None,
    on_call: Callable[[], None] = lambda: None,
) -> AsyncIterator[LiveEdge]:
    """Yield the edge with this consumer, proved to be on the testbed's wire.

    Args:
        testbed: the wire.
        consumer: started by the testbed; whoever started it ends it.
        entities: ids that nobody has asked it for yet.
        scenario: declares which phases may be entered, and what its faults may hit.
        declared: the edge as this consumer was started; by default the testbed's.
        on_call: called as each call begins and ends.

    Raises:
        InvalidRun: its calls don't come through our proxy, so nothing can be judged.
    """
    own = declared or testbed.edge
    driver = CallDriver(own, consumer.url, consumer.ending, testbed.clock, on_call=on_call)
    try:
        async with testbed.open_wire(consumer) as wire, testbed.source() as source:
            edge = LiveEdge(
                own,
                driver,
                wire,
                source,
                entities,
                clock=testbed.clock,
                again=partial(testbed.pool.again, own=scenario.own_entities),
                may_enter=scenario.phases,
                may_hit=scenario.targets,
            )
            if not testbed.repeatable:
                await edge.settle()
            await _prove_reach(testbed, edge)
            yield edge
    finally:
        await driver.close()


async def _prove_reach(testbed: Testbed, edge: LiveEdge) -> None:
    call = await edge.call(phases.REACH)
    said = f"{testbed.edge.consumer} answered {call.status or call.detail}"
    errors = [one.error for one in (await edge.evidence()).attempts_of(call) if one.error]
    if errors:
        said += f" (the tap answered in the provider's place: {errors[0]})"
    if call.status is None and "Timeout" in call.detail:
        raise InvalidRun(
            f"{testbed.edge.consumer} gave no answer within {patience_s(testbed.edge):g} s "
            "while all was well"
        )
    attempts = (await edge.evidence()).attempts_of(call)
    if not attempts:
        others = await edge.wire.journal()
        if others:
            seen = f"{others[0].method} {others[0].path}"
            raise InvalidRun(
                f"what reached the proxy is not edges.{testbed.name}.upstream, "
                f"{testbed.edge.upstream.method} {testbed.edge.upstream.path}: it saw {seen}; "
                f"{said}"
            )
        variables = " and ".join(testbed.edge.address_variables)
        raise InvalidRun(f"no call reached the proxy: is {variables} read? ({said})")
    if call.outcome != "good" and attempts[-1].error is not None:
        raise InvalidRun(f"{said} while all was well: {attempts[-1].error}")
    if call.outcome != "good":
        made_up = testbed.edge.entity.making is None and attempts[-1].status == _NOT_FOUND
        fix = (
            f"; {testbed.edge.provider} knows no such id: name the request that makes one, "
            'entity = { path = "…", body = { … } }'
        )
        raise InvalidRun(
            f"{said} while all was well, which is not what edges.{testbed.name}.good declares "
            f"(status {list(testbed.edge.good.status)}, fields {testbed.edge.good.fields})"
            f"{fix if made_up else ''}"
        )
