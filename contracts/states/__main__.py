"""`python -m contracts.states PROVIDER`: a provider as it ships, with its states on another port.

It empties the provider's database before each interaction. Without `DATABASE_URL` it has one of its
own, in a temporary folder; without `REDIS_URL` a provider that sends messages has a Valkey of its
own, so that they are sent the way they always are.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy import MetaData, delete

from contracts.states import USER_MESSAGES, USER_STATES
from contracts.states.published import Published
from contracts.states.serving import serve
from seatrial.errors import UsageError
from seatrial.pacts import MessageEndpoint, Messages, StateEndpoint, States
from seatrial.system import Session, start_valkey
from stubs.database import Database
from stubs.events import connect_redis
from stubs.events.outbox import Outbox
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer
from stubs.user import app as user
from stubs.user import store as user_store
from stubs.web.server import listen


@dataclass(frozen=True)
class _Shipped:
    """A provider as it ships."""

    states: States[Any]
    tables: MetaData
    build: Callable[[Environment, Tracer], FastAPI]
    messages: Messages[Any]
    outbox: Outbox


_PROVIDERS = {
    shipped.states.provider: shipped
    for shipped in (
        _Shipped(
            USER_STATES,
            user_store.METADATA,
            lambda environment, tracer: user.create_app(
                user.UserSettings.read(environment), tracer
            ),
            USER_MESSAGES,
            user_store.OUTBOX,
        ),
    )
}


async def _run(shipped: _Shipped, environment: Environment, tracer: Tracer) -> None:
    app = shipped.build(environment, tracer)
    database = Database(environment.required("DATABASE_URL", "sqlite:///users.sqlite"))
    redis = connect_redis(environment.required("REDIS_URL", "redis://127.0.0.1:6379/0"))

    async def reset() -> None:
        async with database.writing() as connection:
            for table in reversed(shipped.tables.sorted_tables):
                await connection.execute(delete(table))

    try:
        # The port may have been chosen for it: whoever needs it may have been told already.
        async with app.router.lifespan_context(app):
            service = app.state.service
            published = Published(service, database, shipped.outbox, redis)
            await serve(
                app,
                StateEndpoint(shipped.states, service, reset),
                MessageEndpoint(shipped.messages, published),
                tracer,
                listen(environment),
            )
    finally:
        await redis.aclose()
        await database.close()


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; 2 and one sentence when that can't be."""
    name = arguments[0] if len(arguments) == 1 else ""
    if name not in _PROVIDERS:
        return _refuse(f"name one provider: python -m contracts.states {'|'.join(_PROVIDERS)}")
    try:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-"))
            own = {"DATABASE_URL": f"sqlite:///{folder}/{name}.sqlite"}
            if not os.environ.get("REDIS_URL"):
                own["REDIS_URL"] = start_valkey(stack.enter_context(Session())).url
            lines = LineWriter()
            given = {key: value for key, value in os.environ.items() if value}
            asyncio.run(_run(_PROVIDERS[name], Environment(own | given), Tracer(name, lines)))
            lines.flush()
    except UsageError as error:
        return _refuse(f"{name}: {error}")
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - the process's own word
    return UsageError.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
