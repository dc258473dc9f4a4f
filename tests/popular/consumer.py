"""A consumer that looks things up through the libraries that the environment names."""

import os
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx

from tests.defects.asgi import Answer, Asked, serve

ATTEMPTS, BACKOFF_S, ATTEMPT_TIMEOUT_S, DEADLINE_S = 4, 0.1, 1.0, 2.2
FAILURES, OPEN_S, SUCCESSES = 3, 1, 2
STATUSES = (429, 500, 502, 503, 504)
Fetch = Callable[[str, dict[str, str]], Awaitable[Any]]


class Refused(Exception):  # noqa: N818 - what happened
    """The provider said no; it works."""


def plain_fetch(http: httpx.AsyncClient) -> Fetch:
    """One try: None is 404, another 4xx is `Refused`, and everything else an error."""

    async def fetch(name: str, headers: dict[str, str]) -> Any:
        answer = await http.get(f"/things/{name}", headers=headers)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.is_client_error and answer.status_code not in STATUSES:
            raise Refused(str(answer.status_code))
        answer.raise_for_status()
        return answer.json()

    return fetch


def bare_http(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Httpx with its own timeout, which bounds each read."""
    return httpx.AsyncClient(
        base_url=os.environ["THINGS_URL"],
        timeout=ATTEMPT_TIMEOUT_S,
        transport=transport,
        trust_env=False,
    )


def tenacity_pybreaker() -> Fetch:
    """Tenacity inside pybreaker."""
    import pybreaker
    import tenacity

    breaker = pybreaker.CircuitBreaker(
        FAILURES, OPEN_S, SUCCESSES, exclude=[Refused], throw_new_error_on_trip=False
    )
    fetch = tenacity.retry(
        stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_after_delay(DEADLINE_S),
        wait=tenacity.wait_random_exponential(multiplier=BACKOFF_S),
        retry=tenacity.retry_if_exception_type((httpx.HTTPError, ValueError)),
        reraise=True,
    )(plain_fetch(bare_http()))

    async def guarded(name: str, headers: dict[str, str]) -> Any:
        with breaker.calling():
            return await fetch(name, headers)

    return guarded


def stamina_purgatory() -> Fetch:
    """Stamina inside purgatory."""
    import purgatory
    import stamina

    factory = purgatory.AsyncCircuitBreakerFactory(FAILURES, OPEN_S, exclude=[Refused])
    fetch = plain_fetch(bare_http())

    async def guarded(name: str, headers: dict[str, str]) -> Any:
        async with await factory.get_breaker("things"):
            async for attempt in stamina.retry_context(
                on=(httpx.HTTPError, ValueError),
                attempts=ATTEMPTS,
                timeout=DEADLINE_S,
                wait_initial=BACKOFF_S,
                wait_jitter=BACKOFF_S,
            ):
                with attempt:
                    return await fetch(name, headers)
        raise AssertionError

    return guarded


def aiobreaker_backoff() -> Fetch:
    """Backoff inside aiobreaker."""
    import aiobreaker
    import backoff

    breaker = aiobreaker.CircuitBreaker(FAILURES, timedelta(seconds=OPEN_S), exclude=[Refused])
    fetch = backoff.on_exception(
        backoff.expo,
        (httpx.HTTPError, ValueError),
        max_tries=ATTEMPTS,
        max_time=DEADLINE_S,
        factor=BACKOFF_S,
        jitter=backoff.full_jitter,
    )(plain_fetch(bare_http()))

    async def guarded(name: str, headers: dict[str, str]) -> Any:
        return await breaker.call_async(fetch, name, headers)

    return guarded


def httpx_retries() -> Fetch:
    """httpx-retries, which has no breaker."""
    from httpx_retries import Retry, RetryTransport

    retry = Retry(total=ATTEMPTS - 1, backoff_factor=BACKOFF_S, total_timeout=DEADLINE_S)
    return plain_fetch(bare_http(RetryTransport(httpx.AsyncHTTPTransport(), retry)))


CLIENTS: dict[str, Callable[[], Fetch]] = {
    "tenacity+pybreaker": tenacity_pybreaker,
    "stamina+purgatory": stamina_purgatory,
    "backoff+aiobreaker": aiobreaker_backoff,
    "httpx-retries": httpx_retries,
}


def answering(fetch: Fetch) -> Callable[[Asked], Awaitable[Answer]]:
    """Answer callers."""

    async def answer(asked: Asked) -> Answer:
        kind, _, name = asked.path.strip("/").partition("/")
        if kind == "health":
            return Answer(200, {})
        trace = asked.headers.get("x-trace-id", uuid.uuid4().hex)
        try:
            thing = await fetch(name, {"x-trace-id": trace})
        except Refused:
            return Answer(400, {})
        except Exception as error:  # noqa: BLE001 - whatever a library raises is answered
            return Answer(503, {"why": f"{type(error).__name__}: {error}"})
        return Answer(404, {}) if thing is None else Answer(200, {"thing": thing})

    return answer


if __name__ == "__main__":
    serve(answering(CLIENTS[os.environ["CLIENT"]]()))
