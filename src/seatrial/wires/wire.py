"""One wire: what passes it, and what is done to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Literal, TypeVar

from seatrial.errors import UsageError
from seatrial.faults import FaultSpec, ProcessFault, Proxy, Target
from seatrial.tap import Action, Entry, Match, Rule, TapClient, When

AnyFault = FaultSpec | ProcessFault | Action | Rule
"""A fault of the network, of a process, or of HTTP (a rule of the tap, or only what it does)."""

T = TypeVar("T")
Per = Literal["path", "trace", "key"]


def fault_name(fault: AnyFault) -> str:
    """What a timeline calls it."""
    if isinstance(fault, Rule):
        fault = fault.do
    return fault.kind_name() if isinstance(fault, Action) else fault.name


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
        self._victims = dict(targets or {})
        self._rules: list[Rule] = []

    @property
    def url(self) -> str:
        """The provider's address as the consumer is told it: the proxy's."""
        return self._links["provider"].url

    async def journal(self, since: int = 0) -> tuple[Entry, ...]:
        """The requests that reached the provider's side, in the order of arrival.

        What the consumer was answered is already in it.
        """
        return await self.tap.journal(since)

    @asynccontextmanager
    async def fault(
        self,
        fault: AnyFault,
        *,
        on: str = "provider",
        match: Match | None = None,
        when: When | None = None,
        per: Per | None = None,
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
            async with self._rule(_ruled(fault, match, when, per)):
                yield
            return
        if match or when or per:
            raise UsageError(
                f"the fault {fault.name}: match, when and per are for faults of HTTP; "
                "Toxiproxy knows no requests"
            )
        if isinstance(fault, ProcessFault):
            target = _named("process", on, self._victims)
            begin, end = (lambda: fault.apply(target)), (lambda: fault.revert(target))
        else:
            link = _named("link", on, self._links)
            begin, end = (lambda: fault.apply(link)), (lambda: fault.revert(link))
        try:
            await _to_its_end(begin)
            yield
        finally:
            await _to_its_end(end)

    @asynccontextmanager
    async def _rule(self, rule: Rule) -> AsyncIterator[None]:
        """A rule before those in force; they count anew from here."""
        self._rules.insert(0, rule)
        try:
            await self.tap.plan(*self._rules)
            yield
        finally:
            self._rules.remove(rule)
            await self.tap.plan(*self._rules)


def _ruled(fault: Action | Rule, match: Match | None, when: When | None, per: Per | None) -> Rule:
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


async def _to_its_end(work: Callable[[], None]) -> None:
    """Do something that blocks, in a thread, and be done with it also when cancelled meanwhile."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
