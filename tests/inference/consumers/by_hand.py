"""A consumer by hand: httpx, with a cache before a breaker around, or inside, a retry."""

import asyncio
import os
import time
import uuid
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from tests.defects.asgi import Answer, Asked, serve
from tests.inference.consumers.policies import (
    MISSING,
    Breaker,
    Cache,
    Failed,
    Open,
    Refused,
    Retry,
)
from tests.inference.numbers import Numbers


class Client:
    """Asks the provider for things."""

    def __init__(self, url: str, numbers: Numbers) -> None:
        """Take where the provider is, and the numbers."""
        timeout_s = numbers.attempt_timeout_s if numbers.each_read else None
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout_s, trust_env=False)
        self._numbers = numbers
        self._breaker, self._retry, self._cache = Breaker(numbers), Retry(numbers), Cache(numbers)

    def trace_of(self, asked: Asked) -> str:
        """Return the trace that a call came with."""
        name = "traceparent" if self._numbers.trace == "w3c" else "x-trace-id"
        return asked.headers.get(name, uuid.uuid4().hex)

    @property
    def told_to_wait(self) -> dict[str, str]:
        """The headers of a refusal."""
        return {"retry-after": "1"} if self._numbers.refusals_say else {}

    async def thing(self, name: str, trace: str) -> Any:
        """Return the thing, or `MISSING`."""
        return await self._cache.get(name, lambda: self._load(name, trace))

    async def _load(self, name: str, trace: str) -> Any:
        key = uuid.uuid4().hex

        async def attempt() -> Any:
            return await self._attempt(name, self._headers(trace, key))

        if self._numbers.inside:
            return await self._retry.run(lambda: self._breaker.guard(attempt))
        return await self._breaker.guard(lambda: self._retry.run(attempt))

    def _headers(self, trace: str, key: str) -> dict[str, str]:
        def said(how: str, value: str) -> str | None:
            return {"kept": value, "new": uuid.uuid4().hex}.get(how)

        headers = {"x-trace-id": said(self._numbers.trace, trace)}
        if self._numbers.trace == "w3c":
            headers = {"traceparent": trace}
        if self._numbers.post:
            headers["idempotency-key"] = said(self._numbers.key, key)
        return {name: value for name, value in headers.items() if value is not None}

    async def _attempt(self, name: str, headers: dict[str, str]) -> Any:
        whole_s = None if self._numbers.each_read else self._numbers.attempt_timeout_s
        method, path = (
            ("POST", f"/charges?thing={name}") if self._numbers.post else ("GET", f"/things/{name}")
        )
        try:
            async with asyncio.timeout(whole_s):
                answer = await self._http.request(method, path, headers=headers)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Failed(type(error).__name__) from error
        return self._read(answer)

    def _read(self, answer: httpx.Response) -> Any:
        if answer.status_code in self._numbers.statuses:
            asked = answer.headers.get("retry-after")
            raise Failed(str(answer.status_code), self._asked_s(asked) if asked else None)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return MISSING
        if answer.is_error:
            raise Refused(str(answer.status_code))
        try:
            value = answer.json()
            assert isinstance(value["id"], str)
        except (ValueError, KeyError, TypeError, AssertionError):
            if self._numbers.garbage_passed:
                return {"id": answer.request.url.path.rpartition("/")[2]}
            raise (Failed if self._numbers.bad_answers else Refused)("no thing") from None
        return value

    def _asked_s(self, given: str) -> float | None:
        if given.isdigit():
            return float(given)
        if not self._numbers.retry_after_dates:
            return None
        return parsedate_to_datetime(given).timestamp() - time.time()


def answering(client: Client) -> Any:
    """Answer callers."""

    async def answer(asked: Asked) -> Answer:
        kind, _, name = asked.path.strip("/").partition("/")
        if kind == "health":
            return Answer(200, {})
        try:
            value = await client.thing(name, client.trace_of(asked))
        except Open as error:
            return Answer(503, {"why": str(error)}, client.told_to_wait)
        except Failed as error:
            return Answer(503, {"why": str(error)})
        except Refused as error:
            return Answer(400, {"why": str(error)})
        if value is MISSING:
            return Answer(404, {})
        return Answer(201 if asked.method == "POST" else 200, {"thing": value})

    return answer


if __name__ == "__main__":
    serve(answering(Client(os.environ["THINGS_URL"], Numbers.from_env())))
