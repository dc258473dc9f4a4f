"""The system as a journey sees it: services that are called from outside."""

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from seatrial.config import Config, Edge
from seatrial.errors import UsageError
from seatrial.explore.model import JOURNEY, Fault, Point
from seatrial.explore.naming import Aliases, content_of
from seatrial.testbed import EntityFactory, filled, header_values, new_number


class NoAnswer(Exception):  # noqa: N818 - what happened, and not an error of the journey
    """A request of the journey had no answer. A journey that doesn't expect it ends here."""


@dataclass
class Step:
    """A request of the journey and what came of it. Times are `time.monotonic()` seconds."""

    number: int
    """From 1, in the order of sending."""
    service: str
    method: str
    path: str
    query: str
    started_s: float
    trace_id: str
    edge: str | None = None
    """The edge whose trigger it is."""
    entity: str | None = None
    """Which entity it is about, as a trigger."""
    request: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What the journey sent besides its trace."""
    point: Point | None = None
    ended_s: float | None = None
    status: int | None = None
    """None where there was no answer."""
    body: bytes = b""
    content_type: str = ""
    error: str = ""
    """Why there was no answer."""
    late: bool = False
    """Whether it was given up."""
    injected: int = 0
    """Faults that had been injected when it ended."""

    @property
    def took_s(self) -> float:
        """The time until its answer."""
        return (self.ended_s or time.monotonic()) - self.started_s

    @property
    def content(self) -> Any:
        """The answer's body: JSON, or text."""
        return content_of(self.body)

    def __str__(self) -> str:
        return f"step {self.number}, {self.method} {self.service}{self.path}"


@dataclass
class Way:
    """What a run of a journey may use, and what it leaves behind."""

    config: Config
    urls: Mapping[str, str]
    aliases: Aliases
    bound_s: Callable[[Step], float]
    """How long a request is waited for."""
    injected: Callable[[], tuple[Fault, ...]]
    answered: Callable[[Step], Awaitable[None]] | None = None
    """Called once a step was answered, before the journey goes on."""
    steps: list[Step] = field(default_factory=list)
    looked_at_faults: bool = False
    ordinals: Counter[tuple[str, str]] = field(default_factory=Counter)
    called: set[str] = field(default_factory=set)
    """Services that were called."""

    def point(self, step: Step) -> Point:
        """Return the name of a request of the journey."""
        method, _, route = self.aliases.operation(step.method, step.path).partition(" ")
        operation = f"{method} {step.service}{route}"
        about = self.aliases.about(step.method, step.path, step.query)
        self.ordinals[(operation, about)] += 1
        return Point(JOURNEY, operation, about, self.ordinals[(operation, about)])


class System:
    """What journeys and invariants talk to."""

    def __init__(self, way: Way, client: httpx.AsyncClient, *, quiet: bool = False) -> None:
        """Take what a run may use.

        Args:
            way: the run's.
            client: sends the requests.
            quiet: write no steps down, as for an invariant.
        """
        self._way = way
        self._client = client
        self._quiet = quiet

    @property
    def injected(self) -> tuple[Fault, ...]:
        """The faults that have been injected so far.

        A journey that reads it says with it that its own assertions hold under faults too.
        """
        self._way.looked_at_faults = True
        return self._way.injected()

    def url(self, service: str) -> str:
        """Return where a service answers.

        Raises:
            UsageError: there is no such service.
        """
        if service not in self._way.urls:
            known = ", ".join(self._way.urls)
            raise UsageError(f"a journey calls {service!r}; there is: {known}")
        return self._way.urls[service]

    def of(self, services: Collection[str]) -> "System":
        """Return the same system, of which only some services can be called."""
        urls = {name: self.url(name) for name in services}
        return System(replace(self._way, urls=urls), self._client, quiet=self._quiet)

    def number(self) -> str:
        """Return a number that no request had before, for names and addresses."""
        number = new_number()
        self._way.aliases.learn("number", {"id": number})
        return number

    async def get(self, service: str, path: str, **options: Any) -> httpx.Response:
        """Send a GET; see `call`."""
        return await self.call(service, "GET", path, **options)

    async def post(self, service: str, path: str, **options: Any) -> httpx.Response:
        """Send a POST; see `call`."""
        return await self.call(service, "POST", path, **options)

    async def call(self, service: str, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request to a service and return its answer, whatever its status.

        Args:
            service: its name in seatrial.toml.
            method: such as "POST".
            path: with its query, if it has one.
            options: `json`, `headers`, `params` and others, as httpx takes them.

        Raises:
            NoAnswer: there was none.
        """
        return await self._send(service, method, path, options)

    async def trigger(self, edge: str) -> httpx.Response:
        """Make an entity for an edge, and send its trigger.

        Raises:
            NoAnswer: there was none.
        """
        declared = self._edge(edge)
        entity, trigger = await self.new(edge), declared.trigger
        number = new_number()
        return await self._send(
            declared.consumer,
            trigger.method,
            trigger.path.replace("{id}", entity),
            {
                "params": filled(trigger.query, entity, number) or None,
                "headers": header_values(trigger.headers, "trigger.headers"),
                "json": filled(trigger.body, entity, number) or None,
            },
            edge=edge,
            entity=entity,
        )

    async def new(self, edge: str) -> str:
        """Make an entity as an edge declares it, past the wire, and return its id."""
        declared = self._edge(edge)
        url = self.url(declared.provider)
        async with EntityFactory(edge, declared.entity, url) as factory:
            (made,) = await factory.make(1)
        self._way.aliases.learn(edge, {"id": made})
        return made

    def _edge(self, name: str) -> Edge:
        if name not in self._way.config.edges:
            known = ", ".join(self._way.config.edges) or "none"
            raise UsageError(f"there is no edge {name!r} with a trigger; there is: {known}")
        return self._way.config.edges[name]

    async def _send(
        self,
        service: str,
        method: str,
        path: str,
        options: dict[str, Any],
        *,
        edge: str | None = None,
        entity: str | None = None,
    ) -> httpx.Response:
        trace_id = uuid.uuid4().hex
        given = dict(options.pop("headers", None) or {})
        headers = {
            "x-trace-id": trace_id,
            "traceparent": f"00-{trace_id}-{trace_id[:16]}-01",
            **given,
        }
        url = self.url(service) + path
        self._way.called.add(service)
        request = self._client.build_request(method, url, headers=headers, **options)
        parts = urlsplit(str(request.url))
        step = Step(
            number=len(self._way.steps) + 1,
            service=service,
            method=method,
            path=parts.path,
            query=parts.query,
            started_s=time.monotonic(),
            trace_id=trace_id,
            edge=edge,
            entity=entity,
            request=content_of(request.content),
            headers=given,
        )
        if not self._quiet:
            self._way.steps.append(step)
            self._way.aliases.learn(f"step {step.number}", options.get("json"))
            step.point = self._way.point(step)
        answer = await self._answer(step, request)
        if not self._quiet and self._way.answered is not None:
            await self._way.answered(step)
        return answer

    async def _answer(self, step: Step, request: httpx.Request) -> httpx.Response:
        aliases = self._way.aliases
        try:
            async with asyncio.timeout(self._way.bound_s(step)):
                answer = await self._client.send(request)
        except TimeoutError:
            step.late, step.error = True, "no answer in time"
        except httpx.HTTPError as error:
            step.error = f"{type(error).__name__}: {error}"
        else:
            step.status, step.body = answer.status_code, answer.content
            step.content_type = answer.headers.get("content-type", "")
            if not self._quiet:
                operation = aliases.operation(step.method, step.path)
                aliases.learn(f"{operation}", step.content)
            return answer
        finally:
            step.ended_s = time.monotonic()
            step.injected = len(self._way.injected())
        raise NoAnswer(f"{step}: {step.error}")


def is_json(step: Step) -> bool:
    """Return True if an answer says that it is JSON, and is."""
    if "json" not in step.content_type:
        return False
    try:
        json.loads(step.body)
    except (ValueError, RecursionError):
        return False
    return True


_LONGEST_S = 60.0


def system_without_faults(
    config: Config, urls: Mapping[str, str], client: httpx.AsyncClient
) -> System:
    """Return a system that a journey can be taken through while nothing is injected.

    Args:
        config: declares its edges.
        urls: where each service answers.
        client: sends the requests.
    """
    return System(Way(config, urls, Aliases(), lambda _: _LONGEST_S, tuple), client)
