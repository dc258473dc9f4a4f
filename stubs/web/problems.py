"""Every error answer: RFC 9457 `application/problem+json`."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from stubs.tracing import current_trace_id


class FieldError(BaseModel):
    """One field that breaks the schema."""

    field: str = Field(description="Where it is, with dots between the parts.")
    message: str


class ProblemBody(BaseModel):
    """An error answer on the wire."""

    # The RFC's extension members, such as the reason of a refusal.
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    trace_id: str | None
    errors: list[FieldError] | None = Field(default=None, description="Only with status 422.")


class Problem(Exception):  # noqa: N818 - the RFC's own word
    """Ends a request with an error answer.

    Args:
        status: the HTTP status.
        detail: one sentence for the caller.
        headers: further headers of the answer.
        errors: the fields at fault, for a 422.
        more: members of the body next to the RFC's own.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Iterable[FieldError] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = None if errors is None else list(errors)
        self.more = dict(more or {})

    def response(self) -> Response:
        """The answer, with the trace id of the request at hand."""
        body = ProblemBody(
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            trace_id=current_trace_id(),
            errors=self.errors,
            **self.more,
        )
        return Response(
            body.model_dump_json(
                by_alias=True, exclude={"errors"} if self.errors is None else None
            ),
            self.status,
            self.headers,
            media_type="application/problem+json",
        )


def invalid_fields(error: ValidationError) -> Problem:
    """The 422 for a body or query that breaks its schema."""
    fields = [
        FieldError(field=".".join(str(part) for part in each["loc"]) or "body", message=each["msg"])
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    names = ", ".join(dict.fromkeys(each.field for each in fields))
    return Problem(422, f"These fields are not valid: {names}.", errors=fields)


def answer_problems(app: FastAPI) -> None:
    """Answer `Problem`, and the framework's own 404 and 405, as problem+json."""

    async def on_problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return error.response()

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = _methods(request)
            return Problem(
                405,
                f"{request.method} isn't answered here; {allowed} is.",
                headers={"allow": allowed},
            ).response()
        detail = (
            "Nothing is served at this path."
            if error.status_code == HTTPStatus.NOT_FOUND
            else str(error.detail)
        )
        return Problem(error.status_code, detail, headers=error.headers).response()

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)


def _methods(request: Request) -> str:
    """All methods of the path: the framework names those of the first route that it found."""
    allowed: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            allowed.update(getattr(route, "methods", None) or ())
    return ", ".join(sorted(allowed))
