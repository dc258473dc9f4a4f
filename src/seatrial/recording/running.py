"""A consumer that runs, given answers of its provider through the tap, many a second.

Each answer is for an entity that the consumer hasn't heard of, so that no cache remembers. After
each one that it doesn't take well it makes good calls, as many as its declared breaker needs to
stay closed; where it opens all the same, answers that never reached the consumer are given again.
"""

import asyncio
import random
import re
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from math import ceil
from typing import Literal

from seatrial.checks import Call
from seatrial.checks.phases import ScenarioPhase
from seatrial.config import DeclaredPolicy
from seatrial.errors import InvalidRun
from seatrial.pacts import HttpAnswer
from seatrial.recording.entities import renamed
from seatrial.recording.giving import given
from seatrial.recording.values import UUID
from seatrial.recording.views import View, view
from seatrial.tap import Match, Record, RecordedExchange, Recordings, Rule
from seatrial.testbed import CallDriver, Consumer, Correlator, Testbed, Upstream
from seatrial.wires import Wire

PHASE = ScenarioPhase("strength", "a call whose provider's answer is given")
Correlation = Literal["entity", "trace", "alone"]
"""How an answer finds its call: by the entity in the request's path or query, by the trace id that
the consumer passes on, or because no other call is under way."""

_AT_ONCE = 16
_RULES = 250
"""Answers that are given to the tap at once."""
_RULES_BYTES = 4_000_000
_ROUNDS = 6
_LONGEST_S = 10.0
"""How long a call may take where nothing is declared."""
_WELL_S = 15.0
"""How long a consumer may take until it answers well, besides the time for which its breaker is
declared to stay open."""
_POLL_S = 0.05
_TO_END_S = 0.5
_MORE = 50
_GOOD = ("good", "cached")


class RunningConsumer:
    """One consumer process on its wire."""

    def __init__(self, testbed: Testbed, wire: Wire, consumer: Consumer, known: list[str]) -> None:
        """Take the parts; made by `running_consumer`.

        Args:
            testbed: of the edge.
            wire: between consumer and provider.
            consumer: that was just started.
            known: entities of the provider that the consumer hasn't heard of.
        """
        self._testbed = testbed
        self._wire = wire
        self._entities = known
        self._upstream = Upstream(testbed.edge.upstream)
        self._policy = testbed.edge.policy
        self._correlation: Correlation = "entity" if self._upstream.names_entity else "alone"
        self._trace = "x-trace-id"
        self._settling = asyncio.Lock()
        self._settled_s = 0.0
        self._begin(consumer)

    def _begin(self, consumer: Consumer) -> None:
        bound_s = self._policy.call_bound_s
        self._consumer = consumer
        self._driver = CallDriver(
            self._testbed.edge,
            consumer.url,
            consumer.ending,
            self._testbed.clock,
            timeout_s=_LONGEST_S if bound_s is None else bound_s + 1,
        )

    async def stop(self) -> None:
        """End the process."""
        await self._driver.close()
        await asyncio.to_thread(self._consumer.stop)

    async def _restart(self) -> None:
        await self.stop()
        self._begin(await self._testbed.fresh_consumer({}))
        await self._settle()

    async def new_entity(self) -> str:
        """Return an entity that nobody asked this consumer for before."""
        if not self._entities:
            self._entities += await self._testbed.pool.take(_MORE, own=True)
        return self._entities.pop()

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._consumer.url

    def unknown_entity(self, known: str) -> str | None:
        """Return an id like this one that nobody has; None where ids are made up."""
        if self._testbed.edge.entity.making is None:
            return None
        if UUID.fits(known):
            return str(uuid.uuid4())
        digits = re.sub(r"\d", "9", known)
        return digits if digits != known else known[::-1]

    async def call(self, entity: str) -> None:
        """Call it about an entity."""
        await self._driver.call(PHASE, entity)

    @asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        """Keep all that passes the tap, for the time of a block."""
        await self._wire.tap.clear_recordings()
        async with self._wire.plan(Rule(do=Record())):
            yield

    async def recordings(self) -> Recordings:
        """Return what was kept."""
        return await self._wire.tap.recordings()

    async def recorded(self) -> tuple[str, RecordedExchange]:
        """Call it about a new entity; return that, and what it asked the provider.

        Raises:
            InvalidRun: it asked nothing that its edge declares.
        """
        until_s = self._testbed.clock.now_s() + _WELL_S
        async with self._wire.plan(Rule(match=self._upstream.match, do=Record())):
            while True:
                entity = await self.new_entity()
                await self._wire.tap.clear_recordings()
                call, _ = await self._driver.call(PHASE, entity)
                if found := (await self._wire.tap.recordings()).exchanges:
                    self._correlate(found[-1], call)
                    return entity, found[-1]
                if self._testbed.clock.now_s() > until_s:
                    raise InvalidRun(await self._why_not(call))
                await self._testbed.clock.sleep(_POLL_S)

    async def _why_not(self, call: Call) -> str:
        edge = self._testbed.edge
        said = f"{edge.consumer} answered {call.status or call.detail}"
        seen = await self._wire.journal()
        if not seen:
            return f"no call reached the proxy: is {edge.address_env} read? ({said})"
        return (
            f"{said}; it sent {seen[0].method} {seen[0].path}, where "
            f"edges.{self._testbed.name} declares {edge.upstream.method} {edge.upstream.path}"
        )

    def _correlate(self, exchange: RecordedExchange, call: Call) -> None:
        """Find out by what a request shows its call, where it doesn't say its entity."""
        if self._correlation == "entity" or call.trace_id is None:
            return
        names = ["x-trace-id"]
        if self._policy.trace is not None:
            names.append(self._policy.trace.header.lower())
        for name, value in exchange.request_headers:
            if name.lower() in names and call.trace_id in value:
                self._correlation, self._trace = "trace", name.lower()

    async def views(
        self,
        answers: Sequence[HttpAnswer],
        about: str,
        *,
        seed: int = 0,
        at_once: int | None = None,
    ) -> list[View | None]:
        """Give it each of these answers, and return what its callers see.

        Args:
            answers: in the provider's place.
            about: the entity that they are about; each is made to be about its call's.
            seed: of the order in which they are given.
            at_once: how many, at most, may be under way; by default as many as its policy takes.

        Returns:
            None for an answer that never reached it.
        """
        found: list[View | None] = [None] * len(answers)
        waiting = list(range(len(answers)))
        # What it minds lies together among mutants; a breaker sees them spread.
        random.Random(seed).shuffle(waiting)  # noqa: S311 - an order
        at_once = min(at_once or _AT_ONCE, self._at_once())
        for _ in range(_ROUNDS):
            missed: list[int] = []
            for part in _parts(waiting, answers):
                missed += await self._round(part, answers, about, found, at_once)
            if not missed:
                break
            waiting, at_once = missed, max(1, at_once // 2)
            await self._settle()
        return found

    async def _round(
        self,
        places: Sequence[int],
        answers: Sequence[HttpAnswer],
        about: str,
        found: list[View | None],
        at_once: int,
    ) -> list[int]:
        """Give the answers at these places; return those that didn't reach the consumer."""
        if self._correlation == "alone":
            return [p for p in places if not await self._give(p, answers[p], about, found)]
        await self._wire.tap.clear_journal()
        calls = {place: (await self.new_entity(), random.randbytes(16).hex()) for place in places}  # noqa: S311
        rules = [
            Rule(
                match=self._match(*calls[place]),
                do=given(renamed(answers[place], about, calls[place][0])),
            )
            for place in places
        ]
        queue, doubtful = list(reversed(places)), list[int]()
        made: list[Call] = []

        async def work() -> None:
            while queue and self._consumer.ending() is None:
                place = queue.pop()
                try:
                    call, answer = await self._driver.call(PHASE, *calls[place])
                    made.append(call)
                    found[place] = view(call, answer)
                    if answer is None:
                        doubtful.append(place)
                    if call.outcome not in _GOOD:
                        await self._good_calls()
                except InvalidRun:  # it has ended; whichever answer that was due to
                    doubtful.append(place)

        async with self._wire.plan(*rules):
            await asyncio.gather(*(work() for _ in range(at_once)))
            reached = await self._reached(made)
        if doubtful and await self._has_ended():
            await self._restart()
            for place in dict.fromkeys(doubtful):
                await self._give(place, answers[place], about, found)
            reached |= {calls[place][0] for place in doubtful}
        return [place for place in places if calls[place][0] not in reached]

    async def _give(
        self, place: int, answer: HttpAnswer, about: str, found: list[View | None]
    ) -> bool:
        """Give one answer while no other call is under way; say whether it reached the consumer."""
        entity = await self.new_entity()
        await self._wire.tap.clear_journal()
        async with self._wire.plan(
            Rule(match=self._upstream.match, do=given(renamed(answer, about, entity)))
        ):
            call: Call | None = None
            try:
                call, said = await self._driver.call(PHASE, entity)
                found[place] = view(call, said)
            except InvalidRun:
                pass
            if call is None or (said is None and await self._has_ended()):
                name, ending = self._testbed.edge.consumer, self._consumer.ending()
                found[place] = View("other", {"status": None}, f"{name} {ending}")
            reached = call is None or bool(await self._reached([call]))
        if self._consumer.ending() is not None:
            await self._restart()
        elif call is not None and call.outcome not in _GOOD:
            await self._good_calls()
        return reached

    async def _has_ended(self) -> bool:
        """Say whether the process has ended, which is seen a moment after its connections do.

        Raises:
            InvalidRun: it has, and can't be started again.
        """
        until_s = self._testbed.clock.now_s() + _TO_END_S
        while (said := self._consumer.ending()) is None:
            if self._testbed.clock.now_s() > until_s:
                return False
            await self._testbed.clock.sleep(_POLL_S)
        if not self._testbed.repeatable:
            raise InvalidRun(f"{self._testbed.edge.consumer} {said}")
        return True

    async def _reached(self, calls: Sequence[Call]) -> set[str]:
        correlator = Correlator(self._upstream, self._policy)
        attempts, _ = correlator.attempts(await self._wire.journal(), calls)
        # One that was given up had no time to be read: the machine was too busy.
        given_up = {one.entity for one in attempts if one.given_up_s is not None}
        return {attempt.entity for attempt in attempts} - given_up

    def _match(self, entity: str, trace_id: str) -> Match:
        if self._correlation == "trace":
            return self._upstream.match.model_copy(
                update={"header": {self._trace: f".*{trace_id}.*"}}
            )
        return self._upstream.match.model_copy(update={"entity": re.escape(entity)})

    async def _good_calls(self) -> None:
        """Make the calls that a breaker must see after one that failed; wait where it is open."""
        for _ in range(_good_after(self._policy)):
            call, _ = await self._driver.call(PHASE, await self.new_entity())
            if call.outcome not in _GOOD:
                async with self._settling:
                    if call.ended_s > self._settled_s:  # else another call has waited for it
                        await self._settle()

    async def _settle(self) -> None:
        """Wait until it answers well, as often as closes its breaker.

        Raises:
            InvalidRun: it doesn't any more.
        """
        breaker = self._policy.breaker
        needed = breaker.successes if breaker else 1
        until_s = self._testbed.clock.now_s() + _WELL_S + (breaker.open_s if breaker else 0.0)
        good = 0
        while good < needed:
            call, _ = await self._driver.call(PHASE, await self.new_entity())
            good = good + 1 if call.outcome in _GOOD else 0
            if good:
                continue
            if self._testbed.clock.now_s() > until_s:
                raise InvalidRun(
                    f"{self._testbed.edge.consumer} doesn't answer well any more, though its "
                    f"provider does: {call.status or call.detail}"
                )
            await self._testbed.clock.sleep(_POLL_S)
        self._settled_s = self._testbed.clock.now_s()

    def _at_once(self) -> int:
        """Return how many answers may be under way, as far as the policy says.

        A breaker that counts failures in a row stays closed for certain while fewer calls are
        under way. Retries with waits between them spread their ends, so more calls may be then.
        """
        most = _AT_ONCE
        if self._policy.concurrency is not None:
            most = min(most, self._policy.concurrency.max_requests)
        breaker, retry = self._policy.breaker, self._policy.retry
        if breaker is not None and breaker.failures is not None:
            spread = retry is not None and retry.attempts > 1 and breaker.order == "around-retry"
            most = min(most, 3 * breaker.failures if spread else breaker.failures - 1)
        return max(1, most)


@asynccontextmanager
async def running_consumer(testbed: Testbed, entities: int) -> AsyncIterator[RunningConsumer]:
    """Start a consumer of an edge for the time of a block.

    Args:
        testbed: of the edge.
        entities: how many it is about to be asked for; where the provider must make them, they
            are made before the consumer is started, so that it has missed all events about them.
    """
    known: list[str] = []
    if testbed.repeatable and testbed.edge.entity.making is not None:
        known = list(await testbed.pool.take(entities, own=True))
    consumer = await testbed.fresh_consumer({})
    running: RunningConsumer | None = None
    try:
        async with testbed.open_wire(consumer) as wire:
            running = RunningConsumer(testbed, wire, consumer, known)
            yield running
    finally:
        await (running.stop() if running else asyncio.to_thread(consumer.stop))


def _good_after(policy: DeclaredPolicy) -> int:
    """Return how many good calls after a failed one keep a breaker closed."""
    if policy.breaker is None or policy.breaker.rate is None:
        return 1
    share = policy.breaker.rate.failures
    inside = policy.breaker.order == "inside-retry" and policy.retry is not None
    each = policy.retry.attempts if inside and policy.retry else 1
    return each * ceil((1 - share) / share) + 1


def _parts(places: Sequence[int], answers: Sequence[HttpAnswer]) -> list[list[int]]:
    """Return the places in parts that the tap takes at once."""
    parts: list[list[int]] = [[]]
    size = 0
    for place in places:
        size += len(answers[place].body) + 500
        if parts[-1] and (len(parts[-1]) == _RULES or size > _RULES_BYTES):
            parts.append([])
            size = len(answers[place].body)
        parts[-1].append(place)
    return parts
