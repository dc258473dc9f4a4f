"""The application around a service's own routes."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from stubs.health import HealthChecker, HealthStatus
from stubs.tracing import TraceMiddleware, Tracer
from stubs.web.bodies import BodyLimitMiddleware
from stubs.web.documents import describe
from stubs.web.guards import DeadlineMiddleware, FailureMiddleware
from stubs.web.metrics import CONTENT_TYPE, Metrics
from stubs.web.problems import answer_problems


@dataclass(frozen=True)
class Shell:
    """The tracer, health checks and metrics of a service."""

    tracer: Tracer
    health: HealthChecker
    metrics: Metrics


def new_application(
    title: str,
    shell: Shell,
    running: Callable[[], AbstractAsyncContextManager[None]],
    add_routes: Callable[[FastAPI], None],
    models: Iterable[type[BaseModel]] = (),
    down: tuple[type[Exception], ...] = (),
) -> FastAPI:
    """A service's routes, and around them operations, problems, limits and traces.

    Args:
        title: the service's name in its OpenAPI document.
        shell: tracer, health and metrics.
        running: holds what must be open while requests are served.
        add_routes: adds the service's own routes; they are tried first.
        models: schemas that the OpenAPI document refers to.
        down: errors that mean that the service's own database is down.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with running():
            yield

    app = FastAPI(
        title=title,
        version="1",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,  # an operation's id is its function's
        # The trace is ours, and so are the metrics: see stubs.tracing.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    answer_problems(app)
    describe(app, models)
    add_routes(app)
    _add_operations(app, shell)
    # The last added is the outermost.
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(DeadlineMiddleware)
    app.add_middleware(FailureMiddleware, tracer=shell.tracer, down=down)
    app.add_middleware(TraceMiddleware, tracer=shell.tracer, finished=shell.metrics.observe)
    return app


def _add_operations(app: FastAPI, shell: Shell) -> None:
    @app.get(
        "/health",
        tags=["operations"],
        response_model=HealthStatus,
        responses={503: {"model": HealthStatus, "description": "The service can't work."}},
    )
    async def health(_request: Request) -> Response:
        """Healthy, degraded or unhealthy, with each dependency's part in it."""
        status = await shell.health.check_health()
        code = 503 if status.status == "unhealthy" else 200
        return Response(status.model_dump_json(by_alias=True), code, media_type="application/json")

    @app.get("/health/live", tags=["operations"], response_model=dict[str, str])
    async def live(_request: Request) -> Response:
        """The process answers; nothing else is asked."""
        return Response(b'{"status":"alive"}', media_type="application/json")

    @app.get(
        "/metrics",
        tags=["operations"],
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def metrics(_request: Request) -> Response:
        """Prometheus' text format."""
        return Response(shell.metrics.text(), headers={"content-type": CONTENT_TYPE})
