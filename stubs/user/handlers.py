"""The routes of user-service."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path
from starlette.requests import Request
from starlette.responses import Response

from stubs.user.schemas import CreateUser, PatchUser, SharedUser, UserProfile
from stubs.user.service import UserNotFoundError, UserService
from stubs.user.store import EmailTakenError
from stubs.web import Problem, json_body, problem_responses
from stubs.web.addresses import public_path
from stubs.web.documents import BODY_STATUSES, json_request
from stubs.web.problems import FieldError

UserId = Annotated[str, Path(description="Opaque; one that can't be an id is simply not found.")]
_MOST_IDS = 100
_IDS: dict[str, Any] = {
    "parameters": [
        {
            "name": "ids",
            "in": "query",
            "required": True,
            "description": f"1 to {_MOST_IDS} ids with commas between them.",
            "schema": {"type": "string", "pattern": f"^[^,]+(,[^,]+){{0,{_MOST_IDS - 1}}}$"},
        }
    ]
}


def add_routes(app: FastAPI, service: UserService) -> None:
    """Serve the users, and answer their errors."""
    _answer_errors(app)
    _add_reads(app, service)
    _add_changes(app, service)


def _answer(
    user: UserProfile, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return Response(user.wire(), status, headers, media_type="application/json")


def _wanted(request: Request) -> list[str]:
    """The ids in the query; 422 for none, too many, or an empty one."""
    ids = ",".join(request.query_params.getlist("ids")).split(",")
    if len(ids) > _MOST_IDS or not all(ids):
        message = f"It should be 1 to {_MOST_IDS} ids with commas between them."
        raise Problem(422, message, errors=[FieldError(field="ids", message=message)])
    return ids


def _add_reads(app: FastAPI, service: UserService) -> None:
    @app.get(
        "/users",
        response_model=list[SharedUser],
        responses=problem_responses(422),
        openapi_extra=_IDS,
    )
    async def get_users(request: Request) -> Response:
        """The users with these ids, in any order; those that aren't known are left out."""
        users = await service.get_all(_wanted(request))
        body = b"[" + b",".join(user.wire() for user in users) + b"]"
        return Response(body, media_type="application/json")

    @app.get("/users/{user_id}", response_model=SharedUser, responses=problem_responses(404))
    async def get_user(user_id: UserId) -> Response:
        """A user."""
        return _answer(await service.get(user_id))

    @app.get(
        "/users/{user_id}/profile", response_model=UserProfile, responses=problem_responses(404)
    )
    async def get_profile(user_id: UserId) -> Response:
        """The part of a user that other services may read."""
        return _answer((await service.get(user_id)).profile())


def _add_changes(app: FastAPI, service: UserService) -> None:
    @app.post(
        "/users",
        status_code=201,
        response_model=SharedUser,
        responses=problem_responses(*BODY_STATUSES, 409),
        openapi_extra=json_request(CreateUser),
    )
    async def create_user(
        request: Request,
        body: Annotated[CreateUser, Depends(json_body(CreateUser))],
    ) -> Response:
        """Make a user; its e-mail address must be free."""
        user = await service.create(body)
        return _answer(user, 201, {"location": public_path(request, f"/users/{user.id}")})

    @app.patch(
        "/users/{user_id}",
        response_model=SharedUser,
        responses=problem_responses(*BODY_STATUSES, 404, 409),
        openapi_extra=json_request(PatchUser),
    )
    async def change_user(
        user_id: UserId, body: Annotated[PatchUser, Depends(json_body(PatchUser))]
    ) -> Response:
        """Change what the body names; null clears what is optional."""
        return _answer(await service.change(user_id, body))

    @app.delete("/users/{user_id}", status_code=204, responses=problem_responses(404))
    async def delete_user(user_id: UserId) -> Response:
        """Delete a user."""
        await service.remove(user_id)
        return Response(status_code=204)


def _answer_errors(app: FastAPI) -> None:
    async def not_found(_request: Request, _error: Exception) -> Response:
        return Problem(404, "There is no user with this id.").response()

    async def taken(_request: Request, _error: Exception) -> Response:
        return Problem(409, "Another user has this e-mail address.").response()

    app.add_exception_handler(UserNotFoundError, not_found)
    app.add_exception_handler(EmailTakenError, taken)
