"""`python -m contracts.states PROVIDER`: a provider as it ships, with its states on another port.

It empties the provider's database before each interaction; without `DATABASE_URL` it has one of its
own, in a temporary folder.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy import MetaData, delete

from contracts.states import USER_STATES
from contracts.states.serving import serve
from seatrial.errors import UsageError
from seatrial.pacts import StateEndpoint, States
from stubs.database import Database
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer
from stubs.user import app as user
from stubs.user import store as user_store


@dataclass(frozen=True)
class _Shipped:
    """A provider as it ships."""

    states: States[Any]
    tables: MetaData
    build: Callable[[Environment, Tracer], FastAPI]


_PROVIDERS = {
    shipped.states.provider: shipped
    for shipped in (
        _Shipped(
            USER_STATES,
            user_store.METADATA,
            lambda environment, tracer: user.create_app(
                user.UserSettings.read(environment), tracer
            ),
        ),
    )
}


async def _run(shipped: _Shipped, environment: Environment, tracer: Tracer) -> None:
    app = shipped.build(environment, tracer)
    database = Database(environment.required("DATABASE_URL", "sqlite:///users.sqlite"))

    async def reset() -> None:
        async with database.writing() as connection:
            for table in reversed(shipped.tables.sorted_tables):
                await connection.execute(delete(table))

    try:
        async with app.router.lifespan_context(app):
            endpoint = StateEndpoint(shipped.states, app.state.service, reset)
            await serve(app, endpoint, tracer)
    finally:
        await database.close()


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; 2 and one sentence when that can't be."""
    name = arguments[0] if len(arguments) == 1 else ""
    if name not in _PROVIDERS:
        return _refuse(f"name one provider: python -m contracts.states {'|'.join(_PROVIDERS)}")
    try:
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
            own = {"DATABASE_URL": f"sqlite:///{folder}/{name}.sqlite"}
            lines = LineWriter()
            asyncio.run(
                _run(_PROVIDERS[name], Environment(own | dict(os.environ)), Tracer(name, lines))
            )
            lines.flush()
    except UsageError as error:
        return _refuse(f"{name}: {error}")
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - the process's own word
    return UsageError.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
