"""`python -m tests.integration.stubs.parking_payments`: payments-service that stops half-way.

Work on a payment whose id ends with the name of a point goes on until there and no further, and a
line says so. Whoever then kills the process finds what a crash at that point leaves. The points:
`before-ask` and `after-ask` around the request to charge, `after-answer` of the acquirer,
`before-commit` and `before-answer` around the end of the transaction that settles or refunds. The
service itself knows nothing of it.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stubs.events.channels import PAYMENT_EVENTS
from stubs.events.publisher import EventPublisher
from stubs.payments import tables
from stubs.payments.app import SERVICE, create_app
from stubs.payments.settings import PaymentsSettings
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer
from stubs.web import run_service

_TRACER = Tracer("parking", LineWriter())


async def park_if(point: str, payment_id: str) -> None:
    """Stay here for ever if the payment's id says so."""
    if payment_id.endswith(f".{point}"):
        _TRACER.event("parked", paymentId=payment_id)
        await asyncio.Event().wait()


class ParkingTransport(httpx.AsyncHTTPTransport):
    """Parks before a request to charge is sent, once it is, or once it is answered."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        if request.method != "PUT":
            return await super().handle_async_request(request)
        payment_id = request.url.path.rpartition("/")[2]

        async def trace(event: str, _info: Mapping[str, Any]) -> None:
            if event == "http11.send_request_body.complete":
                await park_if("after-ask", payment_id)

        await park_if("before-ask", payment_id)
        request.extensions = {**request.extensions, "trace": trace}
        answer = await super().handle_async_request(request)
        await park_if("after-answer", payment_id)
        return answer


class ParkingPublisher(EventPublisher):
    """Parks in the transaction that writes an event, before its end."""

    async def publish(
        self,
        connection: AsyncConnection,
        kind: str,
        entity_id: str,
        version: int,
        data: Mapping[str, Any],
    ) -> None:
        """Tell it."""
        await super().publish(connection, kind, entity_id, version, data)
        await park_if("before-commit", entity_id)


class ParkingMiddleware:
    """Parks once all is done and nothing is published."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_or_park(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                await park_if("before-answer", scope["path"].split("/")[2])
            await send(message)

        changes = scope["type"] == "http" and scope["method"] == "POST"
        await self._app(scope, receive, send_or_park if changes else send)


def build(environment: Environment, tracer: Tracer) -> FastAPI:
    """The service, put together to park."""
    app = create_app(
        PaymentsSettings.read(environment),
        tracer,
        transport=ParkingTransport(),
        publisher=ParkingPublisher(tables.OUTBOX, PAYMENT_EVENTS),
    )
    app.add_middleware(ParkingMiddleware)
    return app


if __name__ == "__main__":
    sys.exit(run_service(SERVICE, build))
