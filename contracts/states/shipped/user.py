"""user-service, which asks nobody."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from contracts.states.shipped.provider import Shipped
from contracts.states.user import USER_MESSAGES, USER_STATES
from stubs.settings import Environment
from stubs.tracing import Tracer
from stubs.user import UserSettings, create_app, store


@asynccontextmanager
async def running(
    environment: Environment, tracer: Tracer, _folder: str
) -> AsyncGenerator[Shipped]:
    """Run it within the block."""
    app = create_app(UserSettings.read(environment), tracer)
    async with app.router.lifespan_context(app):
        yield Shipped(
            app, app.state.service, USER_STATES, USER_MESSAGES, store.METADATA, store.OUTBOX
        )
