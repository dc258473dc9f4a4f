"""The routes of the acquirer."""

import re
from typing import Annotated

from fastapi import Depends, FastAPI, Path
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from stubs.acquirer.schemas import Charge, ChargeRequest, Charges
from stubs.acquirer.service import AcquirerService, OtherChargeError
from stubs.web import Problem, json_body, problem_responses
from stubs.web.documents import BODY_STATUSES, json_request

Reference = Annotated[str, Path(description="The asker's own name for the charge.")]
_REFERENCE = re.compile(r"[A-Za-z0-9._~-]{1,128}", re.ASCII)


class _CutOff(Response):
    """An answer whose connection dies before its body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The server finds the answer unfinished, and closes the connection.
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"1000")],
            }
        )


def add_routes(app: FastAPI, service: AcquirerService) -> None:
    """Serve the charges."""
    _add_changes(app, service)
    _add_reads(app, service)

    async def other(_request: Request, _error: Exception) -> Response:
        return Problem(409, "The reference is that of another charge.").response()

    app.add_exception_handler(OtherChargeError, other)


def _answer(body: Charge | Charges) -> Response:
    return Response(body.wire(), media_type="application/json")


async def _hang(request: Request) -> Response:
    """Answer nothing for as long as somebody waits."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return _CutOff()


def _refuse_malformed(reference: str) -> None:
    if not _REFERENCE.fullmatch(reference):
        raise Problem(404, "No reference is like that: 1 to 128 letters, digits or ._~-")


def _add_changes(app: FastAPI, service: AcquirerService) -> None:
    @app.put(
        "/charges/{reference}",
        response_model=Charge,
        responses=problem_responses(*BODY_STATUSES, 404, 409),
        openapi_extra=json_request(ChargeRequest),
    )
    async def charge(
        request: Request,
        reference: Reference,
        body: Annotated[ChargeRequest, Depends(json_body(ChargeRequest))],
    ) -> Response:
        """Charge, once a reference: repeated, it says what became of it."""
        _refuse_malformed(reference)
        if body.method == "pm_hangs" and await service.find(reference) is None:
            return await _hang(request)
        settled, now = await service.charge(reference, body)
        if now and body.method == "pm_charged_no_answer":
            return _CutOff()
        return _answer(settled)

    @app.delete("/charges/{reference}", response_model=Charge, responses=problem_responses(404))
    async def void(reference: Reference) -> Response:
        """Let it never be charged any more; if it is settled already, say how."""
        _refuse_malformed(reference)
        return _answer(await service.void(reference))


def _add_reads(app: FastAPI, service: AcquirerService) -> None:
    @app.get("/charges", response_model=Charges)
    async def get_charges() -> Response:
        """Every charge that moved money."""
        return _answer(Charges(charges=await service.all_charged()))

    @app.get("/charges/{reference}", response_model=Charge, responses=problem_responses(404))
    async def get_charge(reference: Reference) -> Response:
        """Say what became of a reference."""
        _refuse_malformed(reference)
        found = await service.find(reference)
        if found is None:
            raise Problem(404, "Nothing was asked with this reference, or it isn't settled yet.")
        return _answer(found)
