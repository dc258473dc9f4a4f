"""The back office's expectations of payments-service."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from contracts.cases.outcomes import Raised, outcome
from contracts.cases.payments_service import AGAIN, CURRENCY, PROBLEM, connect, key
from contracts.consumers.back_office import Line, PaymentBoard
from seatrial.pacts import Case, MessageCase, Pair, Request, Response, given, match
from stubs.clients import Decline, Payment, PaymentsServiceClient, Refund

_KEY = "office-1"


PAIR = Pair("back-office", "payments-service", connect)

_PENDING = given("a payment is pending", id="pay_1")
_SUCCEEDED = given("a payment succeeded", id="pay_1")

CHARGE = Case(
    pair=PAIR,
    description="charge a payment",
    given=(_PENDING,),
    request=Request("POST", "/payments/pay_1/process", headers=key(_KEY)),
    response=Response(
        200,
        {
            "id": "pay_1",
            "payerId": match.str("usr_company"),
            "receiverId": match.str("usr_va"),
            "status": "succeeded",
            "amount": match.int(5000),
            "refundedAmount": match.int(0),
            "currency": CURRENCY,
        },
    ),
    call=lambda client: outcome(client.process_payment("pay_1", idempotency_key=_KEY)),
    expect=Payment(
        id="pay_1",
        payer_id="usr_company",
        receiver_id="usr_va",
        status="succeeded",
        amount=5000,
        refunded_amount=0,
        currency="EUR",
    ),
)
CHARGE_AGAIN = replace(CHARGE, description="charge a payment again", given=(_SUCCEEDED,))
CHARGE_DECLINED = replace(
    CHARGE,
    description="charge a payment whose card is declined",
    given=(given("a payment is pending", id="pay_1", paymentMethod="pm_declined"),),
    response=Response(402, {"declineReason": match.str("card_declined")}, content_type=PROBLEM),
    expect=Decline(decline_reason="card_declined"),
)
CHARGE_DECLINED_AGAIN = replace(
    CHARGE_DECLINED,
    description="charge a payment again whose card was declined",
    given=(given("a payment was declined", id="pay_1", declineReason="card_declined"),),
)
CHARGE_REFUNDED = replace(
    CHARGE,
    description="charge a payment that was given back",
    given=(given("a payment was refunded", id="pay_1"),),
    response=Response(409),
    expect=Raised("Rejected", 409),
)
CHARGE_REFUNDED_IN_PART = replace(
    CHARGE_REFUNDED,
    description="charge a payment of which a part was given back",
    given=(given("a payment succeeded", id="pay_1", refundedAmount=1000),),
)
CHARGE_RUNNING = replace(
    CHARGE,
    description="charge a payment that is being charged",
    given=(given("a payment is being processed", id="pay_1", key=_KEY),),
    response=Response(409, headers=AGAIN),
    expect=Raised("StillRunning", 409, 1.0),
)
CHARGE_NOTHING = replace(
    CHARGE,
    description="charge a payment that there is not",
    given=(),
    response=Response(404),
    expect=None,
)
CHARGE_UNKNOWN = replace(
    CHARGE,
    description="charge a payment while the acquirer is down",
    given=(_PENDING, given("the acquirer is down")),
    response=Response(503, headers=AGAIN),
    expect=Raised("Overloaded", 503, 1.0),
)


def _refund(body: dict[str, Any]) -> Request:
    return Request("POST", "/payments/pay_1/refund", headers=key(_KEY), body=body)


def _given_back(amount: int) -> Response:
    body = {
        "id": match.str("ref_1"),
        "paymentId": "pay_1",
        "amount": amount,
        "currency": CURRENCY,
        "reason": match.str("late"),
        "status": match.str("succeeded"),
    }
    return Response(200, body)


def _refunded(amount: int) -> Refund:
    return Refund(
        id="ref_1",
        payment_id="pay_1",
        amount=amount,
        currency="EUR",
        reason="late",
        status="succeeded",
    )


def _give_back(
    reason: str = "late", amount: int | None = None
) -> Callable[[PaymentsServiceClient], Awaitable[object]]:
    return lambda client: outcome(
        client.refund_payment("pay_1", reason, amount, idempotency_key=_KEY)
    )


GIVE_BACK = Case(
    pair=PAIR,
    description="give a payment back",
    given=(_SUCCEEDED,),
    request=_refund({"reason": "late"}),
    response=_given_back(5000),
    call=_give_back(),
    expect=_refunded(5000),
)
GIVE_BACK_A_PART = replace(
    GIVE_BACK,
    description="give a part of a payment back",
    request=_refund({"reason": "late", "amount": 1000}),
    response=_given_back(1000),
    call=_give_back(amount=1000),
    expect=_refunded(1000),
)
GIVE_BACK_THE_REST = replace(
    GIVE_BACK,
    description="give the rest of a payment back",
    given=(given("a payment succeeded", id="pay_1", refundedAmount=1000),),
    response=_given_back(4000),
    expect=_refunded(4000),
)
GIVE_BACK_TOO_MUCH = replace(
    GIVE_BACK,
    description="give more of a payment back than is left",
    given=(given("a payment succeeded", id="pay_1", refundedAmount=4500),),
    request=_refund({"reason": "late", "amount": 1000}),
    response=Response(409),
    call=_give_back(amount=1000),
    expect=Raised("Rejected", 409),
)
GIVE_BACK_UNCHARGED = replace(
    GIVE_BACK,
    description="give a payment back that was never charged",
    given=(_PENDING,),
    response=Response(409),
    expect=Raised("Rejected", 409),
)
GIVE_BACK_WITHOUT_REASON = replace(
    GIVE_BACK,
    description="give a payment back without a reason",
    request=_refund({"reason": ""}),
    response=Response(422),
    call=_give_back(reason=""),
    expect=Raised("Rejected", 422),
)
GIVE_BACK_NOTHING = replace(
    GIVE_BACK,
    description="give a payment back that there is not",
    given=(),
    response=Response(404),
    expect=None,
)


async def _receive(message: bytes) -> list[Line]:
    board = PaymentBoard()
    await board.handle(message)
    return list(board.lines.values())


def _event(kind: str, status: str, version: int, refunded: int) -> dict[str, Any]:
    return {
        "type": kind,
        "paymentId": match.str("pay_1"),
        "version": match.int(version),
        "data": {
            "status": status,
            "amount": match.int(5000),
            "currency": CURRENCY,
            "refundedAmount": match.int(refunded),
        },
    }


COMPLETED = MessageCase(
    pair=PAIR,
    description="a payment was completed",
    given=(_PENDING,),
    contents=_event("PAYMENT_COMPLETED", "succeeded", 3, 0),
    metadata={"channel": "payment.events"},
    receive=_receive,
    expect=[Line("charged", "succeeded", 5000, "EUR", 0)],
)
REFUNDED = MessageCase(
    pair=PAIR,
    description="a payment was refunded in part",
    given=(_SUCCEEDED,),
    contents=_event("PAYMENT_REFUNDED", "partially_refunded", 2, 1000),
    metadata={"channel": "payment.events"},
    receive=_receive,
    expect=[Line("given back", "partially_refunded", 5000, "EUR", 1000)],
)

CASES = (
    CHARGE,
    CHARGE_AGAIN,
    CHARGE_DECLINED,
    CHARGE_DECLINED_AGAIN,
    CHARGE_REFUNDED,
    CHARGE_REFUNDED_IN_PART,
    CHARGE_RUNNING,
    CHARGE_NOTHING,
    CHARGE_UNKNOWN,
    GIVE_BACK,
    GIVE_BACK_A_PART,
    GIVE_BACK_THE_REST,
    GIVE_BACK_TOO_MUCH,
    GIVE_BACK_UNCHARGED,
    GIVE_BACK_WITHOUT_REASON,
    GIVE_BACK_NOTHING,
    COMPLETED,
    REFUNDED,
)
