"""The routes of marketplace-service."""

import math
from typing import Annotated

from fastapi import FastAPI, Path
from starlette.requests import Request
from starlette.responses import Response

from seatrial.resilience import ServiceError
from stubs.marketplace.schemas import Card
from stubs.marketplace.service import CardService
from stubs.web import Problem, problem_responses


def add_routes(app: FastAPI, cards: CardService) -> None:
    """Serve the cards, and answer what can't be known."""

    @app.get(
        "/users/{user_id}/card",
        tags=["users"],
        response_model=Card,
        responses=problem_responses(404, 503),
    )
    async def get_card(
        user_id: Annotated[str, Path(description="Opaque; one that can't be is not found.")],
    ) -> Response:
        """A user's card."""
        card = await cards.card(user_id)
        if card is None:
            raise Problem(404, "There is no user with this id.")
        return Response(card, media_type="application/json")

    async def unknown(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)
        wait_s = max(1, math.ceil(error.retry_after_s or 0))
        return Problem(
            503, f"It can't be known now: {error.reason}.", headers={"retry-after": str(wait_s)}
        ).response()

    app.add_exception_handler(ServiceError, unknown)
