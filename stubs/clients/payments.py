"""The clients of payments-service."""

import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from seatrial.resilience import (
    CircuitBreaker,
    Operation,
    Rejected,
    Retry,
    ServiceError,
    error_of_response,
    retry_after_s,
    send,
)
from stubs.clients.calls import (
    UNASKABLE_IDS,
    Policies,
    open_client,
    read_answer,
    segment,
)
from stubs.clients.payment_models import (
    Decline,
    Payment,
    PaymentIntent,
    PaymentIntentRequest,
    Refund,
    RefundRequest,
)
from stubs.clients.settings import ClientSettings, read_payments_client
from stubs.health import Check, live_check
from stubs.settings import Environment
from stubs.tracing import current_trace_id, trace_headers

_RESULT = TypeVar("_RESULT")
_Post = Callable[[str, str, bytes], Awaitable[_RESULT]]
_Read = Callable[[httpx.Response, Operation], _RESULT]

SERVICE = "payments-service"
_OK = range(200, 300)
_KEY = re.compile(r"[ !#-\[\]-~]{1,255}")


class StillRunning(Rejected):
    """The first request with this key hasn't ended yet: ask again in `retry_after_s` seconds."""

    reason = "an earlier request with this key is still running"


class PaymentsServiceClient:
    """Asks payments-service. Every request carries an `Idempotency-Key`, and so may be repeated.

    `None` is always its 404 and nothing else, and a declined card is an answer, `Decline`; what
    else goes wrong is a `seatrial.resilience.ServiceError`. Close it in the end.

    Args:
        settings: where the service is and how it is asked; read from the environment unless given.
        transport: what requests go through; httpx's own unless given.
        new_key: makes the key of a call that brings none.
    """

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        new_key: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.settings = settings or read_payments_client(Environment())
        self._http = open_client(self.settings, transport)
        self._new_key = new_key
        self._create = self._guard(*self._posting("create_payment_intent", _read_intent))
        self._process = self._guard(*self._posting("process_payment", _read_payment))
        self._refund = self._guard(*self._posting("refund_payment", _read_refund))

    async def create_payment_intent(
        self, request: PaymentIntentRequest, *, idempotency_key: str | None = None
    ) -> PaymentIntent:
        """Make an intent; the same key and request give the same one again.

        Raises:
            StillRunning: the first request with this key hasn't ended.
            Rejected: with status 422, a field isn't valid, or payer or receiver are unknown.
            ServiceError: it can't be known whether it was made; repeat it with the same key.
        """
        key = self._key(idempotency_key)
        return await self._create("/payments/intent", key, _body(request))

    async def process_payment(
        self, payment_id: str, *, idempotency_key: str | None = None
    ) -> Payment | Decline | None:
        """Charge the payer: the payment, or why it was declined; None when there is none.

        Raises:
            StillRunning: the first request with this key hasn't ended.
            Rejected: with status 409, it was refunded already.
            ServiceError: it can't be known whether it was charged; repeating it charges once.
        """
        if payment_id in UNASKABLE_IDS:
            return None
        key = self._key(idempotency_key)
        return await self._process(f"/payments/{segment(payment_id)}/process", key, b"")

    async def refund_payment(
        self,
        payment_id: str,
        reason: str,
        amount: int | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Refund | None:
        """Give money back; None when there is no such payment.

        Args:
            payment_id: of the payment.
            reason: not empty.
            amount: minor units; all that is left unless given.
            idempotency_key: of this refund; another key is another refund.

        Raises:
            StillRunning: the first request with this key hasn't ended.
            Rejected: with status 409, it hasn't succeeded, or less is left.
            ServiceError: it can't be known whether it was refunded; repeat it with the same key.
        """
        if payment_id in UNASKABLE_IDS:
            return None
        key = self._key(idempotency_key)
        body = _body(RefundRequest(reason=reason, amount=amount))
        return await self._refund(f"/payments/{segment(payment_id)}/refund", key, body)

    def check(self) -> Check:
        """A health check that asks whether payments-service lives."""
        return live_check(self._http, self.settings.base_url)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _key(self, given: str | None) -> str:
        key = self._new_key() if given is None else given
        if not _KEY.fullmatch(key):
            raise ValueError(
                f"{key!r} can't be an idempotency key: 1 to 255 printable ASCII characters "
                "other than quotes and backslashes"
            )
        return key

    def _guard(self, post: _Post[_RESULT], operation: Operation) -> _Post[_RESULT]:
        """Put policies between call and request: here none."""
        return post

    def _posting(self, name: str, read: _Read[_RESULT]) -> tuple[_Post[_RESULT], Operation]:
        operation = Operation(SERVICE, name, trace_id=current_trace_id)

        async def post(path: str, key: str, body: bytes) -> _RESULT:
            headers = {**trace_headers(), "idempotency-key": f'"{key}"'}
            if body:
                headers["content-type"] = "application/json"
            request = self._http.build_request("POST", path, content=body, headers=headers)
            answer = await send(self._http, request, operation, accept=(402, 404, 409))
            return read(answer, operation)

        return post, operation


class ResilientPaymentsServiceClient(PaymentsServiceClient):
    """The same, with a breaker around a retry around each request, or inside it.

    Args:
        settings: as for `PaymentsServiceClient`.
        transport: as for `PaymentsServiceClient`.
        new_key: as for `PaymentsServiceClient`; all attempts of a call have one key.
        clock: monotonic seconds, of breaker and retry.
        breaker: one of one's own; made from the settings unless given.
        retry: one of one's own; made from the settings unless given.
    """

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        new_key: Callable[[], str] = lambda: str(uuid.uuid4()),
        clock: Callable[[], float] = time.monotonic,
        breaker: CircuitBreaker | None = None,
        retry: Retry | None = None,
    ) -> None:
        settings = settings or read_payments_client(Environment())
        self._policies = Policies(SERVICE, settings, clock=clock, breaker=breaker, retry=retry)
        self.breaker, self.retry = self._policies.breaker, self._policies.retry
        super().__init__(settings, transport=transport, new_key=new_key)

    def _guard(self, post: _Post[_RESULT], operation: Operation) -> _Post[_RESULT]:
        return self._policies.around(post, operation)


def _body(request: PaymentIntentRequest | RefundRequest) -> bytes:
    return request.model_dump_json(by_alias=True, exclude_none=True).encode()


def _read_intent(answer: httpx.Response, operation: Operation) -> PaymentIntent:
    _refuse(answer, operation)
    return read_answer(PaymentIntent, answer, operation)


def _read_payment(answer: httpx.Response, operation: Operation) -> Payment | Decline | None:
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    if answer.status_code == httpx.codes.PAYMENT_REQUIRED:
        return read_answer(Decline, answer, operation)
    _refuse(answer, operation)
    return read_answer(Payment, answer, operation)


def _read_refund(answer: httpx.Response, operation: Operation) -> Refund | None:
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    _refuse(answer, operation)
    return read_answer(Refund, answer, operation)


def _refuse(answer: httpx.Response, operation: Operation) -> None:
    """Raise what this 4xx stands for; a 409 that may be asked again says when."""
    if answer.status_code in _OK:
        return
    error: ServiceError | None
    wait_s = retry_after_s(answer.headers)
    if answer.status_code == httpx.codes.CONFLICT and wait_s is not None:
        error = StillRunning(StillRunning.reason, status=409)
        error.retry_after_s = wait_s
        operation.annotate(error)
    else:
        error = error_of_response(answer, operation)
    assert error is not None  # a status that `send` accepts and that isn't 2xx
    raise error
