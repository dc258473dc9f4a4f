"""The tap's control port for Python: journal, plan and barrier."""

import asyncio
import time
from typing import Any, Self

import httpx

from seatrial.errors import InvalidRun, UsageError, text_of
from seatrial.tap.barrier import BarrierOrder, BarrierPlace, BarrierState
from seatrial.tap.journal import JournalEntry, JournalPage
from seatrial.tap.plan import Match, PlanState, Rule
from seatrial.tap.recording import Recordings

_POLL_S = 0.01
_LAST = 2**53
"""An id after all: a page of no entries, with its counts."""


class TapClient:
    """Asks one tap; an async context manager.

    Args:
        control_url: the `controlUrl` that the tap printed.
        timeout_s: for each question.

    Every method raises `InvalidRun` when the tap doesn't answer, and `UsageError` when it refuses.
    """

    def __init__(self, control_url: str, timeout_s: float = 10.0) -> None:
        self.control_url = control_url
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(base_url=control_url, timeout=timeout_s, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def page(self, since: int = 0) -> JournalPage:
        """Return the journal after an id, with its counts and the id to go on from."""
        answer = await self._ask("GET", "/journal", params={"since": since})
        return JournalPage.model_validate_json(answer.content)

    async def journal(self, since: int = 0) -> tuple[JournalEntry, ...]:
        """Return the requests with an id over `since`, in the order of arrival."""
        page = await self.page(since)
        entries = list(page.entries)
        while page.more:
            page = await self.page(entries[-1].id)
            entries += page.entries
        return tuple(entries)

    async def settled(self, timeout_s: float = 5.0, *, since: int = 0) -> JournalPage:
        """Return the journal, all of it in one page, once nothing is under way any more.

        Args:
            timeout_s: the longest to wait for that, seconds.
            since: entries with an id over this one alone.

        Raises:
            InvalidRun: something still is after `timeout_s` seconds.
        """
        end_s = time.monotonic() + timeout_s
        while (page := await self.page(_LAST)).in_flight:
            if time.monotonic() >= end_s:
                raise InvalidRun(
                    f"the tap at {self.control_url} still has {page.in_flight} requests under way"
                    f" after {timeout_s:g} s: give the scenario more time, or release its barrier"
                )
            await asyncio.sleep(_POLL_S)
        entries = await self.journal(since)
        # Asked again: what is dropped while the pages are read counts too.
        return (await self.page(_LAST)).model_copy(update={"entries": entries})

    async def clear_journal(self) -> None:
        """Forget all entries; ids go on."""
        await self._ask("DELETE", "/journal")

    async def recordings(self) -> Recordings:
        """Return the exchanges that the action `Record` kept."""
        answer = await self._ask("GET", "/recordings")
        return Recordings.model_validate_json(answer.content)

    async def clear_recordings(self) -> None:
        """Forget them."""
        await self._ask("DELETE", "/recordings")

    async def plan(self, *rules: Rule) -> None:
        """Put these rules in force, in place of those before; one with the same id goes on."""
        shown = [rule.model_dump(mode="json", by_alias=True, exclude_unset=True) for rule in rules]
        await self._ask("PUT", "/plan", json={"rules": shown})

    async def plan_state(self) -> PlanState:
        """Return the rules in force, and how often each matched and was applied."""
        answer = await self._ask("GET", "/plan")
        return PlanState.model_validate_json(answer.content)

    async def clear(self) -> None:
        """Take out all rules and the barrier; the journal stays."""
        await self._ask("DELETE", "/plan")
        await self.release()

    async def set_barrier(
        self,
        match: Match | None = None,
        *,
        until: int | None = None,
        place: BarrierPlace = "request",
        timeout_s: float = 10.0,
        hold_s: float | None = None,
    ) -> None:
        """Hold requests that match from now on, until N are there or `release`.

        Args:
            match: which; all without it.
            until: let all go once N wait; None waits for a release.
            place: `request`, before it is passed on, or `answer`, before the answer is sent.
            timeout_s: when all are let go whatever has come.
            hold_s: how long after the first has come they are let go whatever else has.
        """
        order = BarrierOrder(
            match=match or Match(), until=until, place=place, timeout_s=timeout_s, hold_s=hold_s
        )
        await self._ask("POST", "/barrier", json=order.model_dump(mode="json", by_alias=True))

    async def barrier(self, at_least: int | None = None, timeout_s: float = 10.0) -> BarrierState:
        """Return the barrier; with `at_least`, once N wait, it has ended or the time is over."""
        params: dict[str, float] = {"timeoutS": timeout_s}
        if at_least is not None:
            params["waiting"] = at_least
        wait_s = timeout_s + self._timeout_s
        answer = await self._ask("GET", "/barrier", params=params, timeout=wait_s)
        return BarrierState.model_validate_json(answer.content)

    async def waiting(self, at_least: int | None = None, timeout_s: float = 10.0) -> int:
        """Return the number held now; with `at_least`, once N are, or the time is over."""
        return (await self.barrier(at_least, timeout_s)).waiting

    async def release(self) -> int:
        """Let all go that is held, and hold nothing more; return their number."""
        answer = await self._ask("POST", "/release", json={})
        return int(answer.json()["released"])

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = await self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise InvalidRun(
                f"the tap at {self.control_url} doesn't answer {method} {path}: {text_of(error)}"
            ) from error
        if answer.is_error:
            raise UsageError(f"the tap refuses {method} {path}: {_reason(answer)}")
        return answer


def _reason(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.text[:200]}"
    if isinstance(detail, str):
        return detail
    return "; ".join(f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in detail)
