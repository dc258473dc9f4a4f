"""Consumers made of popular libraries, with the numbers that the environment says."""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from tests.defects.asgi import serve
from tests.inference.numbers import Numbers
from tests.popular.consumer import Fetch, Refused, answering, plain_fetch


def http(numbers: Numbers, transport: httpx.AsyncBaseTransport | None = None) -> Fetch:
    """Httpx with its own timeout, which bounds each read."""
    return plain_fetch(
        httpx.AsyncClient(
            base_url=os.environ["THINGS_URL"],
            timeout=numbers.attempt_timeout_s,
            transport=transport,
            trust_env=False,
        )
    )


def tenacity_pybreaker(numbers: Numbers) -> Fetch:
    """Tenacity inside pybreaker."""
    import pybreaker
    import tenacity

    breaker = pybreaker.CircuitBreaker(
        numbers.failures or 1,
        numbers.open_s,
        numbers.successes,
        exclude=[Refused],
        throw_new_error_on_trip=False,
    )
    fetch = tenacity.retry(
        stop=tenacity.stop_after_attempt(numbers.attempts),
        wait=tenacity.wait_random_exponential(multiplier=numbers.backoff_s),
        retry=tenacity.retry_if_exception_type((httpx.HTTPError, ValueError)),
        reraise=True,
    )(http(numbers))

    async def guarded(name: str, headers: dict[str, str]) -> Any:
        with breaker.calling():
            return await fetch(name, headers)

    return guarded


def stamina_purgatory(numbers: Numbers) -> Fetch:
    """Stamina inside purgatory."""
    import purgatory
    import stamina

    factory = purgatory.AsyncCircuitBreakerFactory(
        numbers.failures, numbers.open_s, exclude=[Refused]
    )
    fetch = http(numbers)

    async def guarded(name: str, headers: dict[str, str]) -> Any:
        async with await factory.get_breaker("things"):
            async for attempt in stamina.retry_context(
                on=(httpx.HTTPError, ValueError),
                attempts=numbers.attempts,
                timeout=None,
                wait_initial=numbers.backoff_s,
                wait_exp_base=numbers.growth,
                wait_jitter=0,
            ):
                with attempt:
                    return await fetch(name, headers)
        raise AssertionError

    return guarded


def backoff_aiobreaker(numbers: Numbers) -> Fetch:
    """Backoff inside aiobreaker."""
    import aiobreaker
    import backoff

    breaker = aiobreaker.CircuitBreaker(
        numbers.failures or 1, timedelta(seconds=numbers.open_s), exclude=[Refused]
    )
    fetch = backoff.on_exception(
        backoff.expo,
        (httpx.HTTPError, ValueError),
        max_tries=numbers.attempts,
        base=numbers.growth,
        factor=numbers.backoff_s,
        jitter=backoff.full_jitter,
    )(http(numbers))

    async def guarded(name: str, headers: dict[str, str]) -> Any:
        return await breaker.call_async(fetch, name, headers)

    return guarded


def httpx_retries(numbers: Numbers) -> Fetch:
    """httpx-retries, which has no breaker; its first wait is twice its factor."""
    from httpx_retries import Retry, RetryTransport

    retry = Retry(
        total=numbers.attempts - 1,
        backoff_factor=numbers.backoff_s / 2,
        status_forcelist=numbers.statuses,
    )
    return http(numbers, RetryTransport(httpx.AsyncHTTPTransport(), retry))


def urllib3(numbers: Numbers) -> Fetch:
    """Requests with urllib3's Retry: the second attempt comes at once."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    retry = Retry(
        numbers.attempts - 1,
        backoff_factor=numbers.backoff_s,
        status_forcelist=numbers.statuses,
        allowed_methods=["GET"],
        raise_on_status=False,
    )
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_maxsize=40, max_retries=retry))

    def blocking(name: str, headers: dict[str, str]) -> Any:
        answer = session.get(
            f"{os.environ['THINGS_URL']}/things/{name}",
            headers=headers,
            timeout=numbers.attempt_timeout_s,
        )
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.status_code < 500 and answer.status_code not in (200, *numbers.statuses):
            raise Refused(str(answer.status_code))
        answer.raise_for_status()
        return answer.json()

    async def fetch(name: str, headers: dict[str, str]) -> Any:
        return await asyncio.to_thread(blocking, name, headers)

    return fetch


CLIENTS: dict[str, Callable[[Numbers], Fetch]] = {
    "tenacity+pybreaker": tenacity_pybreaker,
    "stamina+purgatory": stamina_purgatory,
    "backoff+aiobreaker": backoff_aiobreaker,
    "httpx-retries": httpx_retries,
    "urllib3": urllib3,
}

if __name__ == "__main__":
    serve(answering(CLIENTS[os.environ["CLIENT"]](Numbers.from_env())))
