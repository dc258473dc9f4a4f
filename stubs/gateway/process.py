"""The gateway as a process: Traefik, in front of the services that the environment names."""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from seatrial.errors import UsageError
from seatrial.system import Session, Traefik, TraefikFiles, start_traefik
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer

SERVICE = "gateway"
HOST = "api.blytz.work"
_HERE = Path(__file__).parent
FILES = TraefikFiles(_HERE / "traefik.yml", _HERE / "routes.yml")
PROVIDERS: Mapping[str, str] = {
    "USER_SERVICE_URL": "http://user-service:3001",
    "MARKETPLACE_SERVICE_URL": "http://marketplace-service:3002",
}
"""The variables that the routes read, with the design's addresses."""


def start_gateway(session: Session, addresses: Mapping[str, str], *, port: int = 0) -> Traefik:
    """Start Traefik with our routes and wait until it routes; the services may come later.

    Args:
        session: ends it.
        addresses: every variable of `PROVIDERS` with a URL.
        port: where it listens on loopback; 0: a free one.

    Raises:
        UsageError: it doesn't start.
    """
    return start_traefik(session, FILES, host=HOST, path="/api/users", env=addresses, port=port)


def run_gateway(environment: Environment) -> int:
    """Serve until SIGTERM or SIGINT, or until Traefik ends; returns the exit status.

    The environment: `PORT` (0: a free one) and the variables of `PROVIDERS`. What can't work is
    said in one sentence on standard error, with exit status 2.
    """
    lines = LineWriter()
    tracer = Tracer(SERVICE, lines)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        addresses = {name: environment.url(name, url) for name, url in PROVIDERS.items()}
        port = environment.whole("PORT", 0, low=0, high=65535)
        with Session() as session:
            gateway = start_gateway(session, addresses, port=port)
            tracer.event("listening", url=gateway.url, host=HOST)
            lines.flush()
            while gateway.process.wait(3600) is None:
                pass
            return _refuse(f"traefik ended. It said last:\n{gateway.process.tail()}")
    except UsageError as error:
        return _refuse(str(error))


def _refuse(sentence: str) -> int:
    print(f"{SERVICE}: {sentence}", file=sys.stderr)  # noqa: T201 - the process's own word
    return UsageError.exit_code


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
