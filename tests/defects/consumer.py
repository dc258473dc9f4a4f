"""The consumer: shows things, from memory or asked for, and charges for them."""

import asyncio
import contextlib
import math
import os
import time
import uuid
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx

from tests.defects.asgi import Answer, Asked, serve
from tests.defects.policies import (
    ATTEMPT_TIMEOUT_S,
    MAX_ENTRIES,
    MAX_REQUESTS,
    MAX_WAITERS,
    MISSING_TTL_S,
    OPEN_S,
    STALE_S,
    TTL_S,
    Breaker,
    Budget,
    Crowded,
    Failed,
    Open,
    Refused,
    retried,
)
from tests.defects.rated import RatedClient
from tests.defects.switch import has

MISSING = {"missing": True}


class Client:
    """Asks the provider, with a cache before a breaker before a retry."""

    def __init__(self, url: str) -> None:
        """Take where the provider is."""
        timeout = ATTEMPT_TIMEOUT_S if has("timeout-of-each-read") else None
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout, trust_env=False)
        self._breaker, self._budget = Breaker(), Budget()
        self._places = asyncio.Semaphore(1000 if has("no-bulkhead") else MAX_REQUESTS)
        self._memory: dict[str, tuple[Any, float]] = {}
        self._flights: dict[str, tuple[asyncio.Task[Any], list[int]]] = {}
        self._last: dict[str, Any] = {}
        self._trace = ""

    async def thing(self, name: str, trace: str) -> tuple[str, Any]:
        """Where it comes from, and the thing."""
        value, age_s = self._remembered(name)
        if has("cache-behind-breaker") and self._breaker.state == "open":
            value = None
        missing = value is MISSING or (isinstance(value, dict) and value.get("missing"))
        ttl_s = {"ignores-ttl": 1e9, "ttl-too-short": 0.01}.get(has.name, TTL_S)
        if missing:
            ttl_s = 60.0 if has("missing-kept") else MISSING_TTL_S
        if isinstance(value, Failed) and age_s < 30:
            raise value
        if value is not None and age_s < ttl_s:
            return "memory", self._last if has("hit-shows-last-loaded") else value
        try:
            return "provider", await self._shared(name, trace)
        except (Failed, Open):
            stale_s = TTL_S + (1e9 if has("stale-for-ever") else STALE_S)
            if value is None or missing or age_s > stale_s or has("no-stale"):
                raise
            return ("memory" if has("stale-as-fresh") else "stale"), value

    async def charge(self, name: str, trace: str) -> Any:
        """Charge for a thing, once."""
        key = "one-for-all" if has("one-key-for-all") else uuid.uuid4().hex
        request = {"method": "POST", "path": "/charges", "query": {"thing": name}, "key": key}
        return await self._guarded(request, trace)

    def _remembered(self, name: str) -> tuple[Any, float]:
        value, since_s = self._memory.get(_key(name), (None, 0.0))
        return value, time.monotonic() - since_s

    async def _shared(self, name: str, trace: str) -> Any:
        """One request for all who ask at once; it ends when the last of them goes away."""
        if has("no-single-flight"):
            return await self._load(name, trace)
        if has("full-cache-refuses") and len(self._memory) >= MAX_ENTRIES:
            raise Crowded
        if has("full-cache-loads-twice") and len(self._flights) >= MAX_ENTRIES:
            return await self._load(name, trace)
        if name not in self._flights:
            self._flights[name] = (asyncio.create_task(self._load(name, trace)), [])
            self._flights[name][0].add_done_callback(lambda _: self._flights.pop(name, None))
        task, waiters = self._flights[name]
        if len(waiters) > MAX_WAITERS and not has("waiters-unbounded"):  # one of them loads
            raise Crowded
        waiters.append(1)
        try:
            return await asyncio.shield(task)
        except Failed:
            if has("shared-failure-counts-each"):
                self._breaker.failed(self._breaker.period)
            if has("waiters-ask-alone"):
                return await self._load(name, trace)
            raise
        except asyncio.CancelledError:
            waiters.pop()
            if not waiters or has("waiters-leave-with-loader"):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            raise

    async def _load(self, name: str, trace: str) -> Any:
        try:
            value = await self._guarded({"method": "GET", "path": f"/things/{name}"}, trace)
        except Failed as error:
            if has("failure-cached"):
                self._memory[_key(name)] = (error, time.monotonic())
            raise
        if not (has("stale-after-gone") and value is MISSING):
            self._memory[_key(name)] = (value, time.monotonic())
        if len(self._memory) > MAX_ENTRIES and not has("cache-grows"):
            self._memory.pop(next(iter(self._memory)))
        self._last = value
        return value

    async def _guarded(self, request: dict[str, Any], trace: str) -> Any:
        """Breaker around retry."""
        for left in (3, 2, 1, 0):
            try:
                period = self._breaker.enter()
                break
            except Open:
                if has("counts-refusals-slowly"):
                    await asyncio.sleep(0.21)
                if not has("retries-open") or not left:
                    raise
                await asyncio.sleep(0.1)
        self._trace = trace
        try:
            value = await retried(
                lambda number: self._attempt(request, trace, number), self._budget
            )
        except Failed as error:
            (self._breaker.failed if error.counts else self._breaker.succeeded)(period)
            raise
        except Refused as error:
            refusal = has("counts-refusals") and str(error) == "403"
            refusal |= has("counts-refusals-slowly") and str(error) == "409"
            (self._breaker.failed if refusal else self._breaker.succeeded)(period)
            raise
        except asyncio.CancelledError:
            self._breaker.gave_up(period)
            raise
        if value is MISSING and has("missing-keeps-probe") and self._breaker.state == "half-open":
            return value
        if value is MISSING and has("counts-missing"):
            self._breaker.failed(period)
        else:
            self._breaker.succeeded(period)
        return value

    async def _attempt(self, request: dict[str, Any], trace: str, number: int) -> Any:
        if has("trace-of-another"):
            await asyncio.sleep(0.01)
        headers: dict[str, str] = {}
        if not has("no-trace") and not (has("trace-lost-on-retry") and number > 1):
            headers = {"x-trace-id": self._trace if has("trace-of-another") else trace}
        if "key" in request and not has("no-key"):
            headers["idempotency-key"] = uuid.uuid4().hex if has("other-key") else request["key"]
        try:
            async with self._places:
                answer = await self._sent(request, headers)
        except httpx.HTTPError as error:
            if has("lost-answer-not-asked-for"):
                raise Refused(type(error).__name__) from error
            closed = isinstance(error, httpx.RemoteProtocolError)
            raise Failed(
                type(error).__name__,
                retry=not (has("close-not-retried") and closed),
                counts=not (has("close-not-counted") and closed),
            ) from error
        return self._read(answer)

    async def _sent(self, request: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        asked = (request["method"], request["path"])
        try:
            return await self._http.request(*asked, params=request.get("query"), headers=headers)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            if has("library-sends-twice"):
                with contextlib.suppress(httpx.ReadError, httpx.RemoteProtocolError):
                    return await self._http.request(
                        *asked, params=request.get("query"), headers=headers
                    )
            elif not has("library-sends-again"):
                raise
            return await self._http.request(*asked, params=request.get("query"), headers=headers)

    def _read(self, answer: httpx.Response) -> Any:
        if answer.status_code == 404:
            return MISSING
        if answer.status_code in (429, 500, 502, 503, 504):
            asked = answer.headers.get("retry-after")
            if has("ignores-retry-after-of-503") and answer.status_code == 503:
                asked = None
            raise Failed(
                str(answer.status_code),
                _asked_s(asked) if asked else None,
                retry=not (has("502-not-retried") and answer.status_code == 502),
                counts=not (has("504-not-counted") and answer.status_code == 504),
            )
        if answer.status_code >= 400:
            raise Refused(str(answer.status_code))
        try:
            value = answer.json()
        except ValueError:
            if has("garbage-passed"):
                return {"id": "?", "name": answer.text}
            raise Failed("no JSON", retry=not has("nonsense-not-retried")) from None
        whole = isinstance(value, dict) and all(
            isinstance(value.get(field), str) for field in ("id", "name")
        )
        if not whole and not has("schema-passed"):
            raise Failed("another schema")
        return value


def _key(name: str) -> str:
    return name.lower() if has("key-without-case") else name


def _asked_s(given: str) -> float | None:
    """Seconds, or a date."""
    if given.isdigit():
        return float(given)
    if has("ignores-dates"):
        return None
    return parsedate_to_datetime(given).timestamp() - time.time()


class Consumer:
    """Answers callers."""

    def __init__(self, client: Client, rated: RatedClient) -> None:
        """Take whom it asks through."""
        self._client = client
        self._rated = rated
        self._asked = ""

    @classmethod
    def at(cls, url: str) -> Self:
        """Return one whose provider is there."""
        return cls(Client(url), RatedClient(url))

    async def answer(self, asked: Asked) -> Answer:
        """A thing, or a charge for it."""
        kind, _, name = asked.path.strip("/").partition("/")
        if kind == "health":
            return Answer(200, {})
        trace = asked.headers.get("x-trace-id", uuid.uuid4().hex)
        self._asked = name
        try:
            if kind == "rated":
                return Answer(200, {"thing": await self._rated.thing(name, trace)})
            if kind == "charge":
                return Answer(201, {"thing": await self._client.charge(name, trace)})
            source, value = await self._client.thing(name, trace)
        except (Failed, Open, Crowded) as error:
            return await self._failed(error)
        except Refused:
            return Answer(400, {"refused": True})
        if value is MISSING or (isinstance(value, dict) and value.get("missing")):
            return Answer(503 if has("missing-as-failed") else 404, {"source": source})
        if has("wrong-entity"):
            value = {**value, "id": self._asked}
        return Answer(200, {"thing": value, "source": source})

    async def _failed(self, error: Exception) -> Answer:
        if has("answers-late"):
            await asyncio.sleep(3.5)
        if has("down-is-missing") and isinstance(error, Failed):
            return Answer(404, {})
        after_s = 18_002 if has("retry-after-of-hours") else math.ceil(OPEN_S)
        return Answer(503, {"why": str(error)}, {"retry-after": str(after_s)})


if __name__ == "__main__":
    serve(Consumer.at(os.environ["THINGS_URL"]).answer)
