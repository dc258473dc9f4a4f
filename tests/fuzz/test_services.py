"""Every service under Schemathesis, in process and the same in every run: bounded, for CI.

Ten thousand cases over HTTP: `python -m tests.fuzz --cases 10000`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from schemathesis.python import asgi
from starlette.responses import JSONResponse, Response

from tests.fuzz import checks
from tests.fuzz.running import configured, in_process, run
from tests.fuzz.system import SERVICES, System

# What each must have answered, for the run to have said anything.
REACHED = {
    "user-service": {"POST /users": 201, "DELETE /users/{user_id}": 204},
    "marketplace-service": {"POST /proposals": 201, "POST /proposals/{proposal_id}/accept": 200},
    "payments-service": {
        "POST /payments/{payment_id}/process": 200,
        "POST /payments/{payment_id}/refund": 200,
    },
}


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """Schemathesis keeps an application up until it is asked to stop."""
    checks.repeated.clear()
    yield
    asgi.shutdown_lifespans()


@pytest.mark.parametrize("name", SERVICES)
def test_no_input_makes_a_service_break_its_document(name: str, tmp_path: Path) -> None:
    system = System(tmp_path)
    config = configured(seed=1, max_examples=5, deterministic=True)
    done = run(in_process(system.app(name), config))
    assert done.errors == []
    assert done.failures == [], "\n\n".join(done.failures[:5])
    assert done.cases >= 150
    for operation, status in REACHED[name].items():
        assert done.answers[operation][status], (operation, done.answers[operation])
    asgi.shutdown_lifespans()
    assert system.sums is not None
    assert set(system.sums.values()) == {0}
    assert bool(checks.repeated) == (name == "payments-service")


def broken() -> FastAPI:
    """A service with planted defects."""
    app = FastAPI(openapi_url="/openapi.json")
    made: list[int] = []
    key = {"parameters": [{"name": checks.KEY, "in": "header", "schema": {"type": "string"}}]}

    @app.get("/crash/{number}")
    async def crash(number: int) -> dict[str, int]:
        if number > 2**31:
            raise OverflowError
        return {"number": number}

    @app.exception_handler(OverflowError)
    async def five_hundred(_request: Request, _error: Exception) -> Response:
        return JSONResponse({"status": 500}, 500)

    @app.post("/twice", openapi_extra=key)
    async def twice() -> dict[str, int]:
        made.append(1)
        return {"made": len(made)}

    @app.get("/busy", responses={503: {}})
    async def busy() -> Response:
        return JSONResponse({}, 503)

    return app


def test_planted_defects_are_found() -> None:
    config = configured(seed=1, max_examples=30, deterministic=True)
    failures = "\n".join(run(in_process(broken(), config)).failures)
    assert "/crash/" in failures
    assert "answers 500" in failures
    assert "repeats_under_a_key" in failures
    assert "a 503 without Retry-After" in failures
