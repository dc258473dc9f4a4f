"""The payments clients: what is sent, what the answers mean, and what is safe to repeat."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from seatrial.resilience import (
    BadAnswer,
    CircuitOpen,
    Overloaded,
    Rejected,
    ServiceError,
    TimedOut,
    Unavailable,
)
from seatrial.resilience.testing import ScriptedTransport, virtual_time
from stubs.clients import (
    Decline,
    Payment,
    PaymentIntent,
    PaymentIntentRequest,
    PaymentsServiceClient,
    Refund,
    ResilientPaymentsServiceClient,
    StillRunning,
    read_payments_client,
)
from stubs.settings import Environment
from stubs.tracing import traced

INTENT: dict[str, Any] = {
    "id": "pay_1",
    "payerId": "usr_c",
    "receiverId": "usr_v",
    "amount": 5000,
    "currency": "EUR",
    "status": "pending",
}
PAYMENT: dict[str, Any] = {**INTENT, "status": "succeeded", "refundedAmount": 0}
REFUND: dict[str, Any] = {
    "id": "ref_1",
    "paymentId": "pay_1",
    "amount": 5000,
    "currency": "EUR",
    "reason": "late",
    "status": "succeeded",
}
REQUEST = PaymentIntentRequest(payer_id="usr_c", receiver_id="usr_v", amount=5000, currency="EUR")
SETTINGS = read_payments_client(Environment({}))

Calling = Callable[[PaymentsServiceClient], Awaitable[Any]]


async def create(client: PaymentsServiceClient) -> Any:
    return await client.create_payment_intent(REQUEST)


async def process(client: PaymentsServiceClient) -> Any:
    return await client.process_payment("pay_1")


async def refund(client: PaymentsServiceClient) -> Any:
    return await client.refund_payment("pay_1", "late", 100)


CALLS = [create, process, refund]


def plain(*steps: Any, then: Any = None) -> tuple[PaymentsServiceClient, ScriptedTransport]:
    """A client without policies, and the transport that plays these steps."""
    transport = ScriptedTransport(*steps, then=then)
    return PaymentsServiceClient(SETTINGS, transport=transport), transport


def ok(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


async def test_an_intent_is_posted_without_the_fields_that_were_not_given() -> None:
    client, transport = plain(ok({**INTENT, "new": 1}, 201))
    intent = await client.create_payment_intent(REQUEST)
    assert intent == PaymentIntent.model_validate(INTENT)
    (request,) = transport.requests
    assert (request.method, request.url.path) == ("POST", "/payments/intent")
    assert json.loads(request.content) == {
        "payerId": "usr_c",
        "receiverId": "usr_v",
        "amount": 5000,
        "currency": "EUR",
    }


async def test_a_payment_is_processed() -> None:
    client, transport = plain(ok(PAYMENT))
    assert await client.process_payment("pay/1") == Payment.model_validate(PAYMENT)
    assert transport.requests[0].url.raw_path == b"/payments/pay%2F1/process"


async def test_a_decline_is_an_answer_and_no_error() -> None:
    client, _ = plain(ok({"status": 402, "declineReason": "card_declined"}, 402))
    assert await client.process_payment("pay_1") == Decline(decline_reason="card_declined")


async def test_money_is_given_back() -> None:
    client, transport = plain(ok(REFUND), ok(REFUND))
    assert await client.refund_payment("pay_1", "late", 100) == Refund.model_validate(REFUND)
    await client.refund_payment("pay_1", "late")
    assert [json.loads(request.content) for request in transport.requests] == [
        {"reason": "late", "amount": 100},
        {"reason": "late"},
    ]


async def test_only_404_is_none() -> None:
    client, transport = plain(404, 404)
    assert await client.process_payment("x") is None
    assert await client.refund_payment("x", "late") is None
    assert await client.process_payment("..") is None
    assert await client.refund_payment("", "late") is None
    assert len(transport.requests) == 2


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("step", "error"),
    [
        (500, Unavailable),
        (httpx.ConnectError("refused"), Unavailable),
        (httpx.ReadTimeout("slow"), TimedOut),
        (429, Overloaded),
        (httpx.Response(503, headers={"retry-after": "7"}), Overloaded),
        (422, Rejected),
        (409, Rejected),
        (httpx.Response(200, content=b"<html>"), BadAnswer),
        (ok([]), BadAnswer),
        (ok({**PAYMENT, **REFUND, "amount": 5000.0}), BadAnswer),
    ],
)
async def test_whatever_else_goes_wrong_is_a_typed_error(
    call: Calling, step: Any, error: type[ServiceError]
) -> None:
    client, _ = plain(step)
    with traced("trace"), pytest.raises(error) as caught:
        await call(client)
    assert caught.value.service == "payments-service"
    assert caught.value.operation in {
        "create_payment_intent",
        "process_payment",
        "refund_payment",
    }
    assert caught.value.trace_id == "trace"
    assert caught.value.repeatable


async def test_a_decline_without_its_reason_is_a_bad_answer() -> None:
    client, _ = plain(ok({"status": 402}, 402))
    with pytest.raises(BadAnswer):
        await client.process_payment("pay_1")


@pytest.mark.parametrize("call", CALLS)
async def test_a_409_that_says_when_to_ask_again_is_an_earlier_request_still_running(
    call: Calling,
) -> None:
    client, _ = plain(httpx.Response(409, headers={"retry-after": "1"}), 409)
    with pytest.raises(StillRunning) as caught:
        await call(client)
    assert (caught.value.status, caught.value.retry_after_s) == (409, 1.0)
    with pytest.raises(Rejected) as refused:
        await call(client)
    assert not isinstance(refused.value, StillRunning)


@pytest.mark.parametrize("call", CALLS)
async def test_every_request_has_a_key_and_every_call_its_own(call: Calling) -> None:
    client, transport = plain(then=500)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await call(client)
    first, second = (request.headers["idempotency-key"] for request in transport.requests)
    assert first != second
    assert first[0] == first[-1] == '"'


async def test_a_key_of_ones_own_is_sent() -> None:
    client, transport = plain(ok(INTENT, 201), ok(PAYMENT), ok(REFUND))
    await client.create_payment_intent(REQUEST, idempotency_key="accept prop_1")
    await client.process_payment("pay_1", idempotency_key="p")
    await client.refund_payment("pay_1", "late", idempotency_key="r")
    keys = [request.headers["idempotency-key"] for request in transport.requests]
    assert keys == ['"accept prop_1"', '"p"', '"r"']


@pytest.mark.parametrize("key", ["", "x" * 256, "é", 'a"b', "a\\b", "a\n"])
async def test_a_key_that_no_header_can_hold_is_refused_before_anything_is_sent(key: str) -> None:
    client, transport = plain()
    with pytest.raises(ValueError, match="can't be an idempotency key"):
        await client.process_payment("pay_1", idempotency_key=key)
    assert transport.requests == []


def play(
    transport: ScriptedTransport,
    script: Callable[[ResilientPaymentsServiceClient], Awaitable[None]],
) -> None:
    """Run the script with the resilient client, in virtual time."""
    with virtual_time() as loop:
        client = ResilientPaymentsServiceClient(SETTINGS, transport=transport, clock=loop.time)

        async def run() -> None:
            await script(client)
            await client.close()

        loop.run(run())


@pytest.mark.parametrize(
    ("call", "answer"), [(create, INTENT), (process, PAYMENT), (refund, REFUND)]
)
def test_a_call_is_repeated_with_its_first_key(call: Calling, answer: Any) -> None:
    transport = ScriptedTransport(500, httpx.ReadError("reset"), ok(answer))

    async def script(client: ResilientPaymentsServiceClient) -> None:
        assert (await call(client)).amount == 5000

    play(transport, script)
    assert len(transport.requests) == 3
    assert len({request.headers["idempotency-key"] for request in transport.requests}) == 1


def test_declines_and_refusals_are_neither_repeated_nor_held_against_the_provider() -> None:
    decline = ok({"declineReason": "card_declined"}, 402)
    transport = ScriptedTransport(then=decline)

    async def script(client: ResilientPaymentsServiceClient) -> None:
        for _ in range(20):
            assert isinstance(await client.process_payment("pay_1"), Decline)
        assert client.breaker.state == "closed"

    play(transport, script)
    assert len(transport.requests) == 20


def test_the_breaker_opens_after_five_calls_whatever_they_were() -> None:
    transport = ScriptedTransport(then=500)

    async def script(client: ResilientPaymentsServiceClient) -> None:
        for call in (create, process, refund, create, process):
            with pytest.raises(Unavailable):
                await call(client)
        with pytest.raises(CircuitOpen):
            await refund(client)

    play(transport, script)
    assert len(transport.requests) == 15
