"""Expectations of marketplace-service of payments-service: an intent for each accepted proposal."""

from dataclasses import replace

from contracts.cases.outcomes import Raised, outcome
from contracts.cases.payments_service import (
    AGAIN,
    INTENT,
    NO_USERS,
    STATUS,
    USERS,
    connect,
    key,
)
from seatrial.pacts import Case, Pair, Request, Response, given, match, text
from stubs.clients import PaymentIntent, PaymentIntentRequest

_KEY = "accept-prp_1"
_REQUEST = PaymentIntentRequest.model_validate(INTENT)


PAIR = Pair("marketplace-service", "payments-service", connect)


CREATE_INTENT = Case(
    pair=PAIR,
    description="create a payment intent",
    given=(USERS,),
    request=Request("POST", "/payments/intent", headers=key(_KEY), body=INTENT),
    response=Response(
        201,
        {
            "id": match.str("pay_1"),
            "payerId": "usr_company",
            "receiverId": "usr_va",
            "amount": 5000,
            "currency": "EUR",
            "proposalId": "prp_1",
            "jobPostingId": "job_1",
            "status": text("pending", STATUS),
        },
    ),
    call=lambda client: outcome(client.create_payment_intent(_REQUEST, idempotency_key=_KEY)),
    expect=PaymentIntent(id="pay_1", status="pending", **_REQUEST.model_dump(exclude_none=True)),
)
CREATE_INTENT_AGAIN = replace(
    CREATE_INTENT,
    description="create a payment intent again",
    given=(given("an intent was made", key=_KEY, intent=INTENT),),
)
ANOTHER_INTENT_UNDER_THE_KEY = replace(
    CREATE_INTENT,
    description="create another payment intent under the same key",
    given=(given("an intent was made", key=_KEY, intent={**INTENT, "amount": 4000}),),
    response=Response(422),
    expect=Raised("Rejected", 422),
)
CREATE_INTENT_OF_NOBODY = replace(
    CREATE_INTENT,
    description="create a payment intent between users that nobody is",
    given=(),
    response=Response(422),
    expect=Raised("Rejected", 422),
)
CREATE_INTENT_OF_NOTHING = replace(
    CREATE_INTENT,
    description="create a payment intent over no money",
    request=Request("POST", "/payments/intent", headers=key(_KEY), body={**INTENT, "amount": 0}),
    response=Response(422),
    call=lambda client: outcome(
        client.create_payment_intent(
            _REQUEST.model_copy(update={"amount": 0}), idempotency_key=_KEY
        )
    ),
    expect=Raised("Rejected", 422),
)
CREATE_INTENT_UNCHECKED = replace(
    CREATE_INTENT,
    description="create a payment intent while users can't be checked",
    given=(NO_USERS,),
    response=Response(503, headers=AGAIN),
    expect=Raised("Overloaded", 503, 1.0),
)

CASES = (
    CREATE_INTENT,
    CREATE_INTENT_AGAIN,
    ANOTHER_INTENT_UNDER_THE_KEY,
    CREATE_INTENT_OF_NOBODY,
    CREATE_INTENT_OF_NOTHING,
    CREATE_INTENT_UNCHECKED,
)
