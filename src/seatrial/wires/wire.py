"""One wire: what passes it, and what is done to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import fields, replace
from itertools import count
from typing import Literal, TypeVar

from seatrial.errors import UsageError
from seatrial.faults import FaultSpec, ProcessFault, Proxy, Target
from seatrial.tap import Action, JournalEntry, JournalPage, Match, Rule, Status, TapClient, When
from seatrial.wires.terms import FaultTerm, HeldFaults, finished, to_its_end

AnyFault = FaultSpec | ProcessFault | Action | Rule
"""A fault of the network, of a process, or of HTTP (a rule of the tap, or only what it does)."""

T = TypeVar("T")
CountedPer = Literal["path", "trace", "key"]
_SAID_CHARS = 60


def fault_name(fault: AnyFault) -> str:
    """Return its name in a timeline."""
    if isinstance(fault, Rule):
        fault = fault.do
    return fault.kind_name() if isinstance(fault, Action) else fault.name


def fault_text(fault: AnyFault) -> str:
    """Return its name with the values that were given: "status 503, first 2"."""
    when, does = (fault.when, fault.do) if isinstance(fault, Rule) else (None, fault)
    given = _given(does)
    limits = when.model_dump(exclude_defaults=True) if when else {}
    said = [_said(name, value) for name, value in given.items()]
    return ", ".join(
        [" ".join([fault_name(does), *said]), *(_said(*one) for one in limits.items())]
    )


def _given(fault: FaultSpec | ProcessFault | Action) -> dict[str, object]:
    """Return a fault's options: those that aren't usual, and a status in any case."""
    if isinstance(fault, Action):
        given = fault.model_dump(exclude_defaults=True, exclude={"kind", "status"})
        return {"status": fault.status, **given} if isinstance(fault, Status) else given
    values = {one.name: (getattr(fault, one.name), one.default) for one in fields(fault)}
    return {name: value for name, (value, default) in values.items() if value != default}


def _said(name: str, value: object) -> str:
    """Return an option for a reader: a status by its number, times and sizes with their unit."""
    if name == "status":
        return str(value)
    for suffix, unit in (("_s", "s"), ("_ms", "ms"), ("_bytes", "bytes")):
        if name.endswith(suffix) and not name.endswith("per_s"):
            return f"{name.removesuffix(suffix).replace('_', ' ')} {value} {unit}"
    return f"{name.replace('_', ' ')} {value}"[:_SAID_CHARS]


class Wire:
    """A consumer's way to its provider, through a proxy (TCP) and a tap (HTTP)."""

    def __init__(
        self,
        proxy: Proxy,
        tap: TapClient,
        *,
        links: Mapping[str, Proxy] | None = None,
        targets: Mapping[str, Target] | None = None,
    ) -> None:
        """Take the parts; they are started and ended elsewhere.

        Args:
            proxy: in front of the tap.
            tap: in front of the provider.
            links: further proxies by name, such as "valkey" before the consumer's Valkey.
            targets: processes by name, such as "provider".
        """
        self.tap = tap
        self._links = {"provider": proxy, **(links or {})}
        self._targets = dict(targets or {})
        self._plan = _PlanStack(tap)
        self._held = HeldFaults()
        self._terms: list[FaultTerm] = []

    @property
    def url(self) -> str:
        """The provider's address for the consumer: the proxy's."""
        return self._links["provider"].url

    async def journal(self, since: int = 0) -> tuple[JournalEntry, ...]:
        """Return the requests that reached the provider's side, in the order of arrival.

        What the consumer was answered is already in it.
        """
        return await self.tap.journal(since)

    async def settled(self, since: int = 0) -> JournalPage:
        """Return the requests with an id over `since` once nothing is under way any more.

        Its `dropped` counts the requests that no longer fitted: with any, absence proves nothing.
        """
        return await self.tap.settled(since=since)

    @asynccontextmanager
    async def fault(
        self,
        fault: AnyFault,
        *,
        on: str = "provider",
        match: Match | None = None,
        when: When | None = None,
        per: CountedPer | None = None,
    ) -> AsyncIterator[None]:
        """A fault for the time of a block, reverted at its end whatever happens.

        Args:
            fault: `down()`, `killed()`, `Status(status=503)`, or a whole `Rule`.
            on: which link or process it hits.
            match: the requests that a fault of HTTP hits; without it all.
            when: which of those: `When(first=2)`.
            per: count them for each path, trace or idempotency key apart.

        Raises:
            UsageError: there is nothing of that name to be hit, or it can't be.
        """
        if isinstance(fault, Action | Rule):
            async with self.plan(_ruled(fault, match, when, per)):
                yield
            return
        if match or when or per:
            raise UsageError(
                f"the fault {fault.name}: match, when and per are for faults of HTTP; "
                "Toxiproxy knows no requests"
            )
        if isinstance(fault, ProcessFault):
            held = self._held.on_process(fault, on, _named("process", on, self._targets))
        else:
            held = self._held.on_link(fault, on, _named("link", on, self._links))
        with self._term(fault.name, on, fault_text(fault)):
            try:
                await to_its_end(lambda: self._held.begin(held))
                yield
            finally:
                await to_its_end(lambda: self._held.end(held))

    @asynccontextmanager
    async def plan(self, *rules: Rule) -> AsyncIterator[None]:
        """Faults of HTTP for the time of a block: the first rule that is due takes a request.

        They come before all rules that are in force already, which go on where they were when the
        block ends. Blocks may end in any order.
        """
        name, text = (
            ", ".join(dict.fromkeys(map(said, rules))) for said in (fault_name, fault_text)
        )
        with self._term(name, "provider", text):
            layer = self._plan.layer(rules)
            try:
                await self._plan.push(layer)
                yield
            finally:
                await self._plan.take_out(layer)

    async def applied(self) -> int:
        """Return how many requests the rules of the last `plan` that is in force have taken."""
        return await self._plan.applied()

    def terms(self) -> tuple[FaultTerm, ...]:
        """Return which faults were in force when, in the order in which they began."""
        return tuple(replace(term) for term in self._terms)

    @contextmanager
    def _term(self, name: str, on: str, text: str) -> Iterator[None]:
        term = FaultTerm(name, on, time.monotonic(), text=text)
        self._terms.append(term)
        try:
            yield
        finally:
            term.end()


class _PlanStack:
    """The rules of a tap: the one owner of its plan."""

    def __init__(self, tap: TapClient) -> None:
        self._tap = tap
        self._layers: list[tuple[Rule, ...]] = []
        self._ids = count(1)
        self._sending = asyncio.Lock()

    def layer(self, rules: Iterable[Rule]) -> tuple[Rule, ...]:
        """Return the rules with ids, so that they count on while others come and go."""
        return tuple(rule.model_copy(update={"id": str(next(self._ids))}) for rule in rules)

    async def push(self, layer: tuple[Rule, ...]) -> None:
        """Put rules in force before all others."""
        self._layers.insert(0, layer)
        await finished(self._send())

    async def take_out(self, layer: tuple[Rule, ...]) -> None:
        """End rules; all others stay as they are."""
        if layer in self._layers:
            self._layers.remove(layer)
        await finished(self._send())

    async def applied(self) -> int:
        """Return how many requests the newest layer's rules have taken."""
        ids = {rule.id for rule in self._layers[0]} if self._layers else set()
        state = await self._tap.plan_state()
        return sum(line.applied for line in state.rules if line.rule.id in ids)

    async def _send(self) -> None:
        # One after the other: the last plan that is sent must be the last that arrives.
        async with self._sending:
            await self._tap.plan(*(rule for layer in self._layers for rule in layer))


def _ruled(
    fault: Action | Rule, match: Match | None, when: When | None, per: CountedPer | None
) -> Rule:
    if isinstance(fault, Action):
        return Rule(do=fault, match=match or Match(), when=when or When(), per=per)
    if match or when or per:
        raise UsageError("a Rule says its own match, when and per: give them there")
    return fault


def _named(kind: str, name: str, things: Mapping[str, T]) -> T:
    if name not in things:
        known = ", ".join(things) or "none"
        raise UsageError(f"there is no {kind} {name!r} on this wire to be hit; there is: {known}")
    return things[name]
