"""Actions, and the request as they see it."""

import json
from abc import abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Protocol, Self

from pydantic import (
    AfterValidator,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    SerializeAsAny,
    WrapValidator,
    model_validator,
)
from pydantic_core.core_schema import union_schema

from seatrial.errors import UsageError
from seatrial.registry import Registry
from seatrial.results import Model
from seatrial.tap.coding import decoded, encoded
from seatrial.tap.message import FieldMap, Fields

MAX_BODY = 1_000_000
"""The most characters of a body in a plan."""

_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_FRAMING = frozenset(("content-length", "transfer-encoding", "connection", "keep-alive"))

Seconds = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
"""A waiting time: bounded, so that nothing hangs forever."""


def sendable_headers(headers: dict[str, str]) -> dict[str, str]:
    """Return headers by lower-case name.

    Raises:
        ValueError: one can't be sent, or frames the body.
    """
    for name, value in headers.items():
        if not name or not _TOKEN.issuperset(name):
            raise ValueError(f"{name!r} isn't a header name")
        if name.lower() in _FRAMING:
            raise ValueError(f"{name} is the tap's own to set: leave it out")
        if not all(" " <= char <= "~" or char == "\t" for char in value):
            raise ValueError(f"the value of {name} isn't printable ASCII")
    return {name.lower(): value for name, value in headers.items()}


AnswerHeaders = Annotated[dict[str, str], Field(max_length=50), AfterValidator(sendable_headers)]
"""Headers of an answer, except those that frame it."""


ACTIONS: Registry[type["Action"]] = Registry("HTTP action")
"""Every action by its `kind`."""


class ProviderAnswer(Protocol):
    """A whole answer of the provider, for an action that spoils it."""

    @property
    def status(self) -> int:
        """The status."""

    @property
    def headers(self) -> FieldMap:
        """Without those that frame the body."""

    @property
    def body(self) -> bytes:
        """The whole body."""


class Exchange(Protocol):
    """One request under way, as an action sees it. All of it ends when the consumer goes away."""

    async def forward(self) -> None:
        """Pass the request on and the answer back, as if there were no fault."""

    async def fetch(self) -> ProviderAnswer:
        """Pass the request on and keep the provider's whole answer from the consumer."""

    async def answer(self, status: int, headers: FieldMap, body: bytes) -> None:
        """Answer in the provider's place."""

    async def begin(self, status: int, headers: FieldMap, length: int) -> None:
        """Send a head that promises `length` bytes; `send` and then `end`, `close` or `reset`."""

    async def send(self, data: bytes, *, last: bool = False) -> None:
        """Send bytes of the body; says that they are the last before they are seen."""

    async def sleep(self, wait_s: float) -> None:
        """Let time pass, in seconds."""

    def in_force(self) -> bool:
        """Return True while the rule that took this request is in force."""

    def keep(self, answer: ProviderAnswer) -> None:
        """Keep an answer for when this request is repeated, while its rule is in force."""

    def recall(self) -> ProviderAnswer | None:
        """Return the answer that was kept when this request came before."""

    async def forward_recorded(self) -> None:
        """Pass the request on and the answer back, and keep both whole."""

    def carries_body(self, status: int) -> bool:
        """Return True if an answer to this request with this status has a body."""

    def not_applied(self, reason: str) -> None:
        """Say in the journal that the fault had nothing to work on: it wasn't applied."""

    def close(self) -> None:
        """End the consumer's connection in order (FIN), with nothing more said."""

    def reset(self) -> None:
        """End the consumer's connection with a TCP reset."""


class Action(Model):
    """One thing that the tap does to a request. A subclass with a `kind` registers itself."""

    is_fault: ClassVar[bool] = True
    """True if the journal names it as the fault that was applied."""

    kind: str

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register every action that says its kind."""
        super().__pydantic_init_subclass__(**kwargs)
        if cls.model_fields["kind"].default is not None and "kind" in cls.__annotations__:
            ACTIONS.register(cls.kind_name(), cls)

    @model_validator(mode="after")
    def _say_kind(self) -> Self:
        """A plan that is sent without what nobody set must still say the kind."""
        self.model_fields_set.add("kind")
        return self

    @classmethod
    def kind_name(cls) -> str:
        """Return the action's name in a plan."""
        return str(cls.model_fields["kind"].default)

    @classmethod
    def explanation(cls) -> str:
        """Return the action in one sentence, for a list of faults."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @abstractmethod
    async def act(self, exchange: Exchange) -> None:
        """Do it."""


def _of_its_kind(value: object, _: object) -> Action:
    """Read an action as what its `kind` says, also one of a plugin."""
    if isinstance(value, Action):
        return value
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        raise ValueError(  # noqa: TRY004 - pydantic reads ValueErrors alone
            f"an action says its kind, one of {', '.join(ACTIONS)}"
        )
    try:
        action = ACTIONS.find(kind)
    except UsageError as error:
        raise ValueError(str(error)) from None
    return action.model_validate(value)


class _AnyOf:
    """The JSON Schema of an action: those that are registered when it is asked for."""

    @staticmethod
    def __get_pydantic_json_schema__(_: object, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(union_schema([one.__pydantic_core_schema__ for one in ACTIONS.values()]))


AnyAction = Annotated[SerializeAsAny[Action], WrapValidator(_of_its_kind), _AnyOf()]
"""An action of any kind, in a plan."""


class Answering(Action):
    """An action that answers with a body: one that the plan gives, or the provider's own."""

    status: int | None = Field(None, ge=200, le=599)
    """The status of the answer; the provider's when it is asked, else 200."""
    headers: AnswerHeaders = Field(default_factory=dict)
    json_body: JsonValue = Field(None, alias="json")
    """A body as JSON. With neither this nor `text`, the provider is asked and its answer used."""
    text: str | None = Field(None, max_length=MAX_BODY)
    """A body as text."""

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.text is not None and "json_body" in self.model_fields_set:
            raise ValueError("give json or text, not both")
        return self

    async def changed(self, exchange: Exchange, change: Callable[[bytes], bytes | None]) -> None:
        """Answer with another body, made of the content of the one to begin with.

        Args:
            exchange: the request.
            change: makes the body; None where there is nothing to change. Such an answer goes on as
                it is, and the journal says that no fault was applied.
        """
        status, headers, body = await self.given(exchange)
        codings = _joined(headers.get("content-encoding", ""))
        plain = decoded(body, codings) if exchange.carries_body(status) else None
        made = None if plain is None else change(plain)
        if made is None:
            exchange.not_applied(f"{self.kind}: nothing in this answer could be changed")
            await exchange.answer(status, headers, body)
        else:
            await exchange.answer(status, headers, encoded(made, codings))

    async def given(self, exchange: Exchange) -> tuple[int, Fields, bytes]:
        """Return status, headers and body to begin with: the plan's, or else the provider's."""
        if self.text is not None:
            return self.status or 200, self._typed("text/plain; charset=utf-8"), self._encoded()
        if "json_body" in self.model_fields_set:
            return self.status or 200, self._typed("application/json"), self._encoded()
        answer = await exchange.fetch()
        return self.status or answer.status, {**answer.headers, **self.headers}, answer.body

    def _typed(self, content_type: str) -> Fields:
        return {"content-type": content_type, **self.headers}

    def _encoded(self) -> bytes:
        if self.text is not None:
            return self.text.encode("utf-8", "replace")
        return json.dumps(self.json_body).encode()


def _joined(values: str | tuple[str, ...]) -> str:
    return values if isinstance(values, str) else ", ".join(values)
