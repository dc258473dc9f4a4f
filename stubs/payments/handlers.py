"""The routes of payments-service."""

import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Path
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from seatrial.resilience import ServiceError
from stubs.payments.acquirer import AcquirerDown
from stubs.payments.receipts import Receipts
from stubs.payments.schemas import (
    Ledger,
    Payment,
    PaymentIntentRequest,
    Receipt,
    Refund,
    RefundRequest,
)
from stubs.payments.service import (
    DeclinedError,
    Keep,
    PaymentNotFoundError,
    PaymentService,
    RefusedError,
    UnknownUsersError,
)
from stubs.web import Problem, json_body, problem_responses
from stubs.web.documents import BODY_STATUSES, json_request
from stubs.web.idempotency import PARAMETER, IdempotencyKeys, Once
from stubs.web.paging import PARAMETERS, next_link, read_page
from stubs.web.problems import FieldError, ProblemBody

_MADE = TypeVar("_MADE", Payment, Refund)
_KEY = {"parameters": [PARAMETER]}

PaymentId = Annotated[str, Path(description="Opaque; one that can't be an id is not found.")]
_ASK_AGAIN_S = 1
_AGAIN = (409, 503)
"""A request whose key is at work still is answered when to ask again."""
_DECLINED: dict[int | str, dict[str, Any]] = {
    402: {
        "description": "The acquirer refused the payment, now or before.",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/DeclineBody"}}
        },
    }
}


class DeclineBody(ProblemBody):
    """The answer 402."""

    decline_reason: str


def add_routes(
    app: FastAPI, service: PaymentService, receipts: Receipts, keys: IdempotencyKeys
) -> None:
    """Serve the payments, and answer their errors."""
    _answer_errors(app)
    # Before the payments' own: `ledger` isn't a payment's id.
    _add_ledger(app, service)
    _add_reads(app, service, receipts)
    _add_processing(app, service, keys)
    _add_changes(app, service, keys)


def _answer(
    body: Payment | Refund | Receipt | Ledger,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    return Response(body.wire(), status, headers, media_type="application/json")


def _add_ledger(app: FastAPI, service: PaymentService) -> None:
    @app.get(
        "/payments/ledger",
        response_model=Ledger,
        responses=problem_responses(422),
        openapi_extra={"parameters": PARAMETERS},
    )
    async def get_ledger(request: Request) -> Response:
        """The ledger, the newest entries first; `Link` has the next page."""
        page = read_page(request.query_params)
        entries, following = await service.read_ledger(page.before, page.limit)
        headers = next_link(request.url.path, {"limit": page.limit}, following)
        return _answer(Ledger(entries=entries), headers=headers)


def _add_reads(app: FastAPI, service: PaymentService, receipts: Receipts) -> None:
    @app.get("/payments/{payment_id}", response_model=Payment, responses=problem_responses(404))
    async def get_payment(payment_id: PaymentId) -> Response:
        """A payment."""
        return _answer(await service.get(payment_id))

    @app.get(
        "/payments/{payment_id}/receipt", response_model=Receipt, responses=problem_responses(404)
    )
    async def get_receipt(payment_id: PaymentId) -> Response:
        """A payment with payer, receiver and job; what can't be known now is null."""
        return _answer(await receipts.receipt(await service.get(payment_id)))


def _add_changes(app: FastAPI, service: PaymentService, keys: IdempotencyKeys) -> None:
    @app.post(
        "/payments/intent",
        status_code=201,
        response_model=Payment,
        responses=problem_responses(*BODY_STATUSES, 409, 503, again=_AGAIN),
        openapi_extra=_KEY | json_request(PaymentIntentRequest),
    )
    async def create_intent(
        request: Request,
        body: Annotated[PaymentIntentRequest, Depends(json_body(PaymentIntentRequest))],
    ) -> Response:
        """Agree on a payment; payer and receiver must exist."""

        def made(payment: Payment) -> Response:
            return _answer(payment, 201, {"location": f"/payments/{payment.id}"})

        return await keys.once(
            request, lambda once: _recorded(once, made, partial(service.create_intent, body))
        )

    @app.post(
        "/payments/{payment_id}/refund",
        response_model=Refund,
        responses=problem_responses(*BODY_STATUSES, 404, 409, again=_AGAIN),
        openapi_extra=_KEY | json_request(RefundRequest),
    )
    async def refund_payment(
        request: Request,
        payment_id: PaymentId,
        body: Annotated[RefundRequest, Depends(json_body(RefundRequest))],
    ) -> Response:
        """Give money back: all that is left, or a part of it."""
        return await keys.once(
            request,
            lambda once: _recorded(once, _answer, partial(service.refund, payment_id, body)),
        )


async def _recorded(
    once: Once, answer: Callable[[_MADE], Response], make: Callable[[Keep[_MADE]], Awaitable[_MADE]]
) -> Response:
    """Make something, and record its answer in the transaction that makes it."""
    response: Response | None = None

    async def keep(connection: AsyncConnection, made: _MADE) -> None:
        nonlocal response
        response = answer(made)
        await once.record(connection, response)

    await make(keep)
    assert response is not None
    return response


def _add_processing(app: FastAPI, service: PaymentService, keys: IdempotencyKeys) -> None:
    @app.post(
        "/payments/{payment_id}/process",
        response_model=Payment,
        responses=_DECLINED | problem_responses(*BODY_STATUSES, 404, 409, 503, again=_AGAIN),
        openapi_extra=_KEY,
    )
    async def process_payment(request: Request, payment_id: PaymentId) -> Response:
        """Charge the payer, once however often it is asked for."""

        # Nothing is recorded with the change: whoever works for it again finds it done.
        async def work(_once: Once) -> Response:
            return _answer(await service.process(payment_id))

        return await keys.once(request, work)


def _answer_errors(app: FastAPI) -> None:
    async def not_found(_request: Request, _error: Exception) -> Response:
        return Problem(404, "There is no payment with this id.").response()

    async def unknown_users(_request: Request, error: Exception) -> Response:
        assert isinstance(error, UnknownUsersError)
        message = "There is no user with this id."
        errors = [FieldError(field=field, message=message) for field in error.fields]
        fields = ", ".join(error.fields)
        return Problem(422, f"These fields name no user: {fields}.", errors=errors).response()

    async def declined(_request: Request, error: Exception) -> Response:
        detail = f"The payment was declined: {error}."
        return Problem(402, detail, more={"declineReason": str(error)}).response()

    async def refused(_request: Request, error: Exception) -> Response:
        return Problem(409, str(error)).response()

    async def unsettled(_request: Request, _error: Exception) -> Response:
        detail = "It isn't known yet whether the payment was charged; ask again."
        return Problem(503, detail, headers={"retry-after": str(_ASK_AGAIN_S)}).response()

    async def unknown(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)
        wait_s = max(_ASK_AGAIN_S, math.ceil(error.retry_after_s or 0))
        return Problem(
            503, f"It can't be known now: {error.reason}.", headers={"retry-after": str(wait_s)}
        ).response()

    app.add_exception_handler(PaymentNotFoundError, not_found)
    app.add_exception_handler(UnknownUsersError, unknown_users)
    app.add_exception_handler(DeclinedError, declined)
    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(AcquirerDown, unsettled)
    app.add_exception_handler(ServiceError, unknown)
