"""OpenAPI documents that say what is really answered."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from stubs.web.problems import ProblemBody

_WORDS = {
    400: "The body isn't JSON.",
    403: "Whoever it is about isn't known, or isn't in the role that it takes.",
    404: "There is none with this id.",
    408: "The caller's deadline, `x-request-deadline-ms`, has passed; the work was stopped.",
    409: "It collides with what is there.",
    413: "The body is too large.",
    422: "A field breaks the schema; `errors` names it.",
    503: "It can't be known now; `Retry-After` says when to ask again.",
}
BODY_STATUSES = (400, 413, 422)
_TRACE = {
    "description": "The request's trace: the one that it came with, or a new one.",
    "schema": {"type": "string", "maxLength": 128},
}


def problem_responses(
    *statuses: int, again: Collection[int] = (503,)
) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for these statuses; those in `again` may say when to ask again."""
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    responses: dict[int | str, dict[str, Any]] = {
        status: {
            "description": _WORDS[status],
            "content": {"application/problem+json": {"schema": schema}},
        }
        for status in statuses
    }
    for status in responses.keys() & set(again):
        responses[status]["headers"] = {
            "Retry-After": {
                "description": "Seconds, rounded up.",
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    return responses


def json_request(model: type[BaseModel]) -> dict[str, Any]:
    """FastAPI's `openapi_extra` for a body that `json_body` reads."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def describe(app: FastAPI, models: Iterable[type[BaseModel]]) -> None:
    """Make the application's OpenAPI document true, with these models among its schemas."""
    framework = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _corrected(framework(), [ProblemBody, *models])
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def _corrected(document: dict[str, Any], models: list[type[BaseModel]]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for path in document["paths"].values():
        for method, operation in path.items():
            _drop_framework_422(operation["responses"])
            _add_what_all_answer(method, operation)
    _add_links(document["paths"])
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return document


def _add_what_all_answer(method: str, operation: dict[str, Any]) -> None:
    """Add what every operation has: the caller's deadline, a database that is down, a trace."""
    if "operations" not in operation.get("tags", ()):
        statuses = (408, 503) if method == "get" else (408, 413, 503)
        for status, response in problem_responses(*statuses).items():
            operation["responses"].setdefault(str(status), response)
    for response in operation["responses"].values():
        response.setdefault("headers", {})["x-trace-id"] = _TRACE


def _add_links(paths: dict[str, Any]) -> None:
    """From what makes a thing to all that can be done with it: its `id` is their path's parameter.

    `POST /users` leads to `/users/{user_id}` and what is below it, `POST /payments/intent` to
    `/payments/{payment_id}`.
    """
    for maker, operations in paths.items():
        made = operations.get("post", {}).get("responses", {}).get("201")
        if made is None:
            continue
        collection = maker.split("/")[1]
        below = re.compile(rf"/{collection}/{{(\w+)}}(/.*)?")
        made["links"] = {
            operation["operationId"]: {
                "operationId": operation["operationId"],
                "parameters": {found[1]: "$response.body#/id"},
            }
            for path, others in paths.items()
            if (found := below.fullmatch(path))
            for operation in others.values()
        }


def _drop_framework_422(responses: dict[str, Any]) -> None:
    """FastAPI documents a 422 of its own for each route with a parameter; ours are declared."""
    content = responses.get("422", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
