"""Parts of all clients: connections, headers, reading an answer, the policies around a call."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from seatrial.resilience import (
    AsyncCall,
    BadAnswer,
    CircuitBreaker,
    Operation,
    Policy,
    Retry,
    WrappedCall,
    compose,
)
from stubs.clients.settings import ClientSettings
from stubs.tracing import client_span, current_trace_id, exporting, traceparent_headers

_P = ParamSpec("_P")
_T = TypeVar("_T")
_MODEL = TypeVar("_MODEL", bound=BaseModel)

UNASKABLE_IDS = frozenset({".", "..", ""})
"""A URL's path can't hold them, so that nothing has such an id."""

# httpx assigns connections in quadratic time.
_CONNECTIONS = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=2.0)


class Policies:
    """A breaker around a retry, or inside it, as the settings say.

    Args:
        service: what the breaker is called.
        settings: the policies' options and their order.
        clock: monotonic seconds.
        breaker: one of one's own; made from the settings unless given.
        retry: one of one's own; made from the settings unless given.
    """

    def __init__(
        self,
        service: str,
        settings: ClientSettings,
        *,
        clock: Callable[[], float],
        breaker: CircuitBreaker | None = None,
        retry: Retry | None = None,
    ) -> None:
        self.breaker = breaker or CircuitBreaker(settings.breaker, name=service, clock=clock)
        self.retry = retry or Retry(settings.retry, clock=clock)
        policies: tuple[Policy, Policy] = (self.breaker, self.retry)
        self._composed = compose(
            *(policies if settings.order == "around-retry" else policies[::-1])
        )

    def around(self, call: AsyncCall[_P, _T], operation: Operation) -> WrappedCall[_P, _T]:
        """The same call under both."""
        return self._composed(call, operation)


def open_client(
    settings: ClientSettings, transport: httpx.AsyncBaseTransport | None
) -> httpx.AsyncClient:
    """Connections to the service that the settings name; close it in the end."""
    verify = needs_certificates(settings.base_url)
    return httpx.AsyncClient(
        base_url=settings.base_url,
        timeout=settings.retry.attempt_timeout_s,
        limits=_CONNECTIONS,
        transport=_SpanTransport(transport, verify=verify) if exporting() else transport,
        trust_env=False,
        verify=verify,
    )


def needs_certificates(base_url: str) -> bool:
    """Return whether the list of authorities is needed: to read it takes 50 ms, for each client."""
    return base_url.startswith("https:")


class _SpanTransport(httpx.AsyncBaseTransport):
    """Makes a span of each attempt of a call; the service that is asked continues it."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None, *, verify: bool) -> None:
        self._transport = transport or httpx.AsyncHTTPTransport(
            limits=_CONNECTIONS, trust_env=False, verify=verify
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it."""
        with client_span(request.method, str(request.url), request.url.host) as span:
            request.headers.update(traceparent_headers(current_trace_id() or ""))
            answer = await self._transport.handle_async_request(request)
            span.set_attribute("http.response.status_code", answer.status_code)
            return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def segment(entity_id: str) -> str:
    """An id as one segment of a path, whatever is in it."""
    return quote(entity_id, safe="")


def read_answer(
    model: type[_MODEL], answer: httpx.Response, operation: Operation, *, repeatable: bool = True
) -> _MODEL:
    """The answer's body.

    Args:
        model: what it should be.
        answer: what came.
        operation: what to write into the error.
        repeatable: whether the request may be sent again.

    Raises:
        BadAnswer: it isn't JSON, or not the schema.
    """
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        bad = BadAnswer(f"bad answer: {where}: {first['msg']}", repeatable=repeatable)
        operation.annotate(bad)
        raise bad from error
