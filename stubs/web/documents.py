"""OpenAPI documents that say what is really answered."""

from collections.abc import Collection, Iterable
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from stubs.web.problems import ProblemBody

_WORDS = {
    400: "The body isn't JSON.",
    403: "Whoever it is about isn't known, or isn't in the role that it takes.",
    404: "There is none with this id.",
    409: "It collides with what is there.",
    413: "The body is too large.",
    422: "A field breaks the schema; `errors` names it.",
    503: "It can't be known now; `Retry-After` says when to ask again.",
}
BODY_STATUSES = (400, 413, 422)


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
            app.openapi_schema = _mended(framework(), [ProblemBody, *models])
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def _mended(document: dict[str, Any], models: list[type[BaseModel]]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for path in document["paths"].values():
        for operation in path.values():
            _drop_framework_422(operation["responses"])
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return document


def _drop_framework_422(responses: dict[str, Any]) -> None:
    """FastAPI documents a 422 of its own for each route with a parameter; ours are declared."""
    content = responses.get("422", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
