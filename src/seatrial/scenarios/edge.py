"""One edge while a scenario is told: calls to the consumer, faults on its wire, what was seen."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from math import ceil
from typing import Any, Literal
from urllib.parse import quote

import httpx

from seatrial.checks import Attempt, Call, Change, Evidence, Fault, Outcome
from seatrial.config import Answer, Edge, Policy
from seatrial.errors import InvalidRun
from seatrial.scenarios.source import Source
from seatrial.scenarios.upstream import Upstream
from seatrial.tap import Action, Entry, Match, Rule, When
from seatrial.wires import AnyFault, Wire, fault_name

ChangeKind = Literal["changed", "removed"]
_PATIENCE_S = 30.0
"""How long a call may take before the consumer counts as silent."""


class LiveEdge:
    """A consumer that runs, its provider, and the wire between them. Times are seconds."""

    def __init__(
        self,
        edge: Edge,
        consumer_url: str,
        wire: Wire,
        source: Source,
        entities: Iterable[str],
    ) -> None:
        """Take the parts; they are started and ended elsewhere.

        Args:
            edge: as it is declared.
            consumer_url: where the consumer answers.
            wire: between the consumer and its provider.
            source: makes and changes entities at the provider.
            entities: ids that nobody has asked for yet.
        """
        self.policy: Policy = edge.policy
        self.wire = wire
        self.tap = wire.tap
        self.source = source
        self._edge = edge
        self._entities = deque(entities)
        self._calls: list[Call] = []
        self._faults: list[Fault] = []
        self._changes: list[Change] = []
        self._client = httpx.AsyncClient(
            base_url=consumer_url,
            timeout=_PATIENCE_S,
            trust_env=False,
            limits=httpx.Limits(max_connections=None),
        )
        self._upstream = Upstream(edge.upstream)

    async def close(self) -> None:
        """Let go of the connections to the consumer."""
        await self._client.aclose()

    # Calls

    async def call(self, phase: str, entity: str | None = None) -> Call:
        """Ask the consumer about an entity, by default one that nobody asked for before."""
        return (await self._call(phase, entity or self._fresh_entity()))[0]

    def _fresh_entity(self) -> str:
        if not self._entities:
            raise InvalidRun("the scenario makes more calls than it asked entities for")
        return self._entities.popleft()

    async def _call(self, phase: str, entity: str) -> tuple[Call, httpx.Response | None]:
        trigger = self._edge.trigger
        path = trigger.path.replace("{id}", quote(entity, safe=""))
        started_s = time.monotonic()
        answer: httpx.Response | None = None
        detail = ""
        try:
            answer = await self._client.request(trigger.method, path)
        except httpx.HTTPError as error:
            detail = f"{type(error).__name__}: {error}"
        call = Call(
            entity=entity,
            phase=phase,
            started_s=started_s,
            ended_s=time.monotonic(),
            outcome=self._outcome(answer),
            status=answer.status_code if answer is not None else None,
            detail=detail,
        )
        self._calls.append(call)
        return call, answer

    async def calls(self, phase: str, count: int) -> list[Call]:
        """One call after the other."""
        return [await self.call(phase) for _ in range(count)]

    async def calls_at_once(self, phase: str, count: int) -> list[Call]:
        """Calls that do not wait for each other."""
        return await asyncio.gather(*(self.call(phase) for _ in range(count)))

    async def burst(self, phase: str, count: int) -> None:
        """Calls that are in flight together: the tap holds its answers until all have been seen.

        Seen is a call that waits at the tap, or that was answered without getting there.
        """
        await self.tap.hold(self.match)
        tasks = [asyncio.create_task(self.call(phase)) for _ in range(count)]
        # Held longer than this, the consumer would rightly give its attempts up.
        retry = self.policy.retry
        patience_s = (retry.try_timeout_s if retry else None) or 2.0
        until_s = time.monotonic() + 0.5 * patience_s
        while time.monotonic() < until_s:
            if await self.tap.waiting() + sum(task.done() for task in tasks) >= count:
                break
            await asyncio.sleep(0.005)
        await self.tap.release()
        await asyncio.gather(*tasks)

    def _outcome(self, answer: httpx.Response | None) -> Outcome:
        if answer is None:
            return "other"
        if _looks_like(answer, self._edge.good):
            return "good"
        return "failed" if _looks_like(answer, self._edge.failed) else "other"

    # Changes at the provider

    async def change(self, entity: str) -> None:
        """Change an entity at the provider, and look until the consumer shows it."""
        edit = self._edge.entity.change
        if edit is None:
            return
        sent = await self.source.send(edit, entity)
        texts = [text for text in sent.values() if isinstance(text, str)]
        await self._look(
            entity, "changed", lambda answer: all(text in answer.text for text in texts)
        )

    async def remove(self, entity: str) -> None:
        """Remove an entity at the provider, and look until the consumer says that it is gone."""
        edit = self._edge.entity.remove
        if edit is None:
            return
        await self.source.send(edit, entity)
        await self._look(entity, "removed", lambda answer: _looks_like(answer, self._edge.missing))

    async def _look(
        self, entity: str, kind: ChangeKind, shows: Callable[[httpx.Response], bool]
    ) -> None:
        cache = self.policy.cache
        committed_s = time.monotonic()
        until_s = committed_s + ((cache.fresh_within_s if cache else None) or 2.0) + 0.2
        shown_s = None
        while shown_s is None and time.monotonic() < until_s:
            call, answer = await self._call("looking", entity)
            if answer is not None and shows(answer):
                shown_s = call.ended_s
            else:
                await asyncio.sleep(0.02)
        self._changes.append(Change(entity, kind, committed_s, shown_s))

    # Faults

    @asynccontextmanager
    async def fault(
        self,
        fault: AnyFault,
        *,
        on: str = "provider",
        when: When | None = None,
        per: Literal["path", "trace", "key"] | None = None,
    ) -> AsyncIterator[None]:
        """A fault for the time of a block, lifted at its end whatever happens.

        Args:
            fault: of the network (`away()`), of a process (`killed()`), or of HTTP: what is to be
                done to this edge's requests (`Status(status=503)`), or a whole `Rule`.
            on: what it hits. Networks: "provider" is the way there, "valkey" and "database" are
                the consumer's ways to Valkey and PostgreSQL, "provider-valkey" and
                "provider-database" the provider's. Processes: "provider", "consumer", "valkey".
            when: which requests a fault of HTTP hits: `When(first=2)`.
            per: count them for each path, trace or idempotency key apart.

        Raises:
            UsageError: there is nothing of that name to be hit.
        """
        match = self.match if isinstance(fault, Action) else None
        started_s = time.monotonic()
        try:
            async with self.wire.fault(fault, on=on, match=match, when=when, per=per):
                yield
        finally:
            name = fault_name(fault) if on == "provider" else f"{fault_name(fault)} ({on})"
            self._faults.append(Fault(name, started_s, time.monotonic()))

    @asynccontextmanager
    async def plan(self, *rules: Rule) -> AsyncIterator[None]:
        """Faults of HTTP, for the requests that match, taken back at the end."""
        started_s = time.monotonic()
        await self.tap.plan(*rules)
        try:
            yield
        finally:
            await self.tap.clear()
            name = ", ".join(rule.do.kind_name() for rule in rules)
            self._faults.append(Fault(name, started_s, time.monotonic()))

    @property
    def match(self) -> Match:
        """The requests that this edge's calls make, for a rule of a plan."""
        return self._upstream.match

    # Time

    async def until(self, moment_s: float) -> None:
        """Wait for a moment of the monotonic clock."""
        await asyncio.sleep(max(0.0, moment_s - time.monotonic()))

    @property
    def open_began_s(self) -> float:
        """The earliest moment at which the breaker can have opened: as its last call began."""
        return self._last("failing").started_s

    @property
    def open_began_at_the_latest_s(self) -> float:
        """The latest such moment: as that call ended."""
        return self._last("failing").ended_s

    def _last(self, phase: str) -> Call:
        return [call for call in self._calls if call.phase == phase][-1]

    def failing_calls(self, failures: int) -> int:
        """How many calls in a row make this many failures for the breaker as it is declared."""
        breaker, retry = self.policy.breaker, self.policy.retry
        if breaker is not None and breaker.order == "inside-retry" and retry is not None:
            return ceil(failures / retry.attempts)
        return failures

    # What was seen

    async def evidence(self) -> Evidence:
        """All that was seen so far."""
        return Evidence(
            policy=self.policy,
            calls=tuple(sorted(self._calls, key=lambda call: call.started_s)),
            attempts=tuple(self._attempts(await self.tap.settled())),
            faults=tuple(self._faults),
            changes=tuple(self._changes),
        )

    def _attempts(self, journal: Iterable[Entry]) -> list[Attempt]:
        return [
            Attempt(entity, entry.arrived_s, entry.answered_s, entry.status, entry.fault)
            for entry in journal
            if (entity := self._upstream.entity_of(entry)) is not None
        ]


def _looks_like(answer: httpx.Response, declared: Answer) -> bool:
    if answer.status_code not in declared.status:
        return False
    if not declared.fields:
        return True
    try:
        body: Any = answer.json()
    except ValueError:
        return False
    return isinstance(body, dict) and all(
        body.get(name) == value for name, value in declared.fields.items()
    )
