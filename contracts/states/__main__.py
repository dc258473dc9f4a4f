"""`python -m contracts.states PROVIDER`: a provider as it ships, with its states on another port.

It empties the provider's database before each interaction. Without `DATABASE_URL` it has one of its
own, in a temporary folder; without `REDIS_URL` a provider that sends messages has a Valkey of its
own, so that they are sent the way they always are.
"""

import asyncio
import importlib
import os
import sys
import tempfile
from contextlib import ExitStack

from contracts.states.published import Published
from contracts.states.serving import serve
from contracts.states.shipped.provider import empty
from seatrial.errors import UsageError
from seatrial.pacts import MessageEndpoint, StateEndpoint
from seatrial.system import Session, start_valkey
from stubs.database import Database
from stubs.events import connect_redis
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer
from stubs.web import open_listener

_PROVIDERS = {
    "user-service": "contracts.states.shipped.user",
    "marketplace-service": "contracts.states.shipped.marketplace",
    "payments-service": "contracts.states.shipped.payments",
}
"""Where each is put together; the others are not even imported."""


async def _run(name: str, environment: Environment, tracer: Tracer, folder: str) -> None:
    module = importlib.import_module(_PROVIDERS[name])
    database = Database(environment.required("DATABASE_URL", f"sqlite:///{name}.sqlite"))
    redis = connect_redis(environment.required("REDIS_URL", "redis://127.0.0.1:6379/0"))
    try:
        async with module.running(environment, tracer, folder) as shipped:

            async def reset() -> None:
                await shipped.forget()
                # The relay may hold events already: without their rows nobody would wait for them.
                await empty(database, shipped.tables, keep=shipped.outbox.table)

            published = Published(shipped.subject, database, shipped.outbox, redis)
            await serve(
                shipped.app,
                StateEndpoint(shipped.states, shipped.subject, reset),
                MessageEndpoint(shipped.messages, published),
                tracer,
                # The port may have been chosen for it: others may have been told already.
                open_listener(environment),
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
            asyncio.run(_run(name, Environment(own | given), Tracer(name, lines), folder))
            lines.flush()
    except UsageError as error:
        return _refuse(f"{name}: {error}")
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - the process's own word
    return UsageError.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
