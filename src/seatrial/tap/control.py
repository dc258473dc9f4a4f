"""The control port: journal, plan and barrier as JSON, for this machine's own programs alone."""

import json
from collections import Counter
from typing import Annotated, Any, Self

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field, model_validator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatrial.loopback import LoopbackGuard
from seatrial.results import Model
from seatrial.tap.barrier import BarrierOrder, BarrierState
from seatrial.tap.journal import JournalPage
from seatrial.tap.plan import MAX_RULES, PlanState, Rule
from seatrial.tap.recording import Recordings
from seatrial.tap.state import Tap

BODY_BYTES = 8 * 1024 * 1024
"""The longest body of a control request."""

_NONE = BarrierState(active=False, waiting=0, held=0)


class Rules(Model):
    """A whole plan."""

    rules: tuple[Rule, ...] = Field(max_length=MAX_RULES)

    @model_validator(mode="after")
    def _unlike_ids(self) -> Self:
        ids = [rule.id for rule in self.rules if rule.id is not None]
        if twice := [one for one, times in Counter(ids).items() if times > 1]:
            raise ValueError(f"two rules have the id {twice[0]!r}; give each its own, or none")
        return self


class Released(Model):
    """The number that was let go."""

    released: int


class Health(Model):
    """A sign of life."""

    status: str = "ok"
    provider: str


class Reply(JSONResponse):
    """JSON in ASCII: text that a caller made up can't make it unsendable."""

    def render(self, content: Any) -> bytes:
        """Encode."""
        return json.dumps(content, ensure_ascii=True, allow_nan=False).encode("ascii")


class BodyGuard:
    """Refuse bodies that aren't JSON or are too long; `LoopbackGuard` judges who may send any."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the body's length bounded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope["method"], dict(scope["headers"]))
        if refusal is None:
            await self._app(scope, self._bounded(receive), send)
        else:
            status, detail = refusal
            await Reply({"detail": detail}, status)(scope, receive, send)

    @staticmethod
    def _refusal(method: str, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if method in ("POST", "PUT", "PATCH") and kind != b"application/json":
            return 415, "say content-type: application/json"
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > BODY_BYTES:
            return 413, f"a body of over {BODY_BYTES} bytes"
        return None

    @staticmethod
    def _bounded(receive: Receive) -> Receive:
        left = BODY_BYTES

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            # An end in the middle makes a body that isn't JSON: a 4xx, and nothing more is kept.
            return (
                message if left >= 0 else {"type": "http.request", "body": b"", "more_body": False}
            )

        return bounded


def control_app(tap: Tap) -> FastAPI:
    """Return the control port's application; described at /openapi.json, with a page at /docs."""
    app = FastAPI(
        title="Seatrial tap",
        summary="The journal, the fault plan and the barrier of one tap.",
        default_response_class=Reply,
        redoc_url=None,
    )
    app.add_middleware(BodyGuard)
    app.add_middleware(LoopbackGuard)  # added last, asked first
    app.add_exception_handler(RequestValidationError, _invalid)
    _add_journal(app, tap)
    _add_plan(app, tap)
    _add_barrier(app, tap)
    _add_recordings(app, tap)

    @app.get("/health/live")
    async def live() -> Health:
        """Answer while the tap lives; says nothing of the provider."""
        return Health(provider=str(tap.provider))

    return app


def _add_journal(app: FastAPI, tap: Tap) -> None:
    @app.get("/journal", response_model=JournalPage)
    async def read(since: Annotated[int, Query(ge=0, le=2**53)] = 0) -> Response:
        """Return the first requests with an id over `since`, in the order of their arrival."""
        page = tap.journal.page(since)
        return Response(page.model_dump_json(by_alias=True), media_type="application/json")

    @app.delete("/journal", status_code=204)
    async def clear() -> None:
        """Forget all entries; ids go on."""
        tap.journal.clear()


def _add_plan(app: FastAPI, tap: Tap) -> None:
    @app.get("/plan", response_model_exclude_unset=True)
    async def read() -> PlanState:
        """Return the rules in force, and how often each matched and was applied."""
        return tap.plan.state(tap.clock())

    @app.put("/plan", response_model_exclude_unset=True)
    async def replace(rules: Rules) -> PlanState:
        """Put these rules in force, in place of those before; one with the same id goes on."""
        tap.set_plan(rules.rules)
        return tap.plan.state(tap.clock())

    @app.delete("/plan", status_code=204)
    async def clear() -> None:
        """Take out all rules: every request is passed on."""
        tap.set_plan(())


def _add_barrier(app: FastAPI, tap: Tap) -> None:
    @app.get("/barrier")
    async def read(
        waiting: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
        timeout_s: Annotated[float, Query(alias="timeoutS", ge=0, le=60, allow_inf_nan=False)] = 10,
    ) -> BarrierState:
        """Return the barrier; with `waiting`, once N wait, it has ended or the time is over."""
        if tap.barrier is None:
            return _NONE
        return await tap.barrier.gathered(waiting, timeout_s) if waiting else tap.barrier.state

    @app.post("/barrier", status_code=201)
    async def set_barrier(order: BarrierOrder) -> BarrierState:
        """Hold what matches from now on; an earlier barrier is released."""
        return tap.set_barrier(order).state

    @app.post("/release")
    async def release() -> Released:
        """Let all go that is held, and hold nothing more."""
        return Released(released=tap.release())


def _add_recordings(app: FastAPI, tap: Tap) -> None:
    @app.get("/recordings", response_model=Recordings)
    async def read() -> Response:
        """Return the exchanges that the action `record` kept, in order."""
        found = tap.recorder.recordings()
        return Response(found.model_dump_json(by_alias=True), media_type="application/json")

    @app.delete("/recordings", status_code=204)
    async def clear() -> None:
        """Forget them."""
        tap.recorder.clear()


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Neither the input nor its context: they may hold what can't be sent (NaN, half a surrogate).
    errors = [
        {"loc": list(each["loc"]), "msg": each["msg"], "type": each["type"]}
        for each in error.errors()
    ]
    return Reply({"detail": errors}, 422)
