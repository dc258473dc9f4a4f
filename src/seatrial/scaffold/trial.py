"""Trying what was guessed: the service is started and asked, and what worked is written."""

import asyncio
import itertools
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from seatrial.config import Config, load_config
from seatrial.errors import SeatrialError
from seatrial.scaffold.drafts import Draft, DraftEdge, DraftProvider
from seatrial.system import Launcher, Running, Session, run_async
from seatrial.tap import Action, Match, Reset, Rule, RunningTap, Status, TapClient, start_tap

_HEALTH = ("/health", "/healthz", "/health/live", "/api/health", "/actuator/health", "/ready", "/")
_PORTS = ("PORT", "HTTP_PORT", "SERVER_PORT", "APP_PORT", "LISTEN_PORT")
_SEEN = " (seen)"
_CALLS_TO_OPEN, _TO_OPEN_S = 11, 2.0
"""Calls to a provider that is down: libraries' breakers open after 10 at most; and their time."""
_START_S = 12.0
_ROUTES = 8
_BODIES = (
    {"name": "User {n}"},
    {"name": "User {n}", "email": "user-{n}@example.com"},
    {"title": "Thing {n}"},
)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    draft: Draft
    """As it was, with what worked in place of what was guessed."""
    said: tuple[str, ...]
    """A sentence for each thing that worked, or that didn't."""


def try_out(path: Path, draft: Draft, note: Callable[[str], None] = lambda _: None) -> Trial:
    """Start the service that a first file describes, and make a call through the wire.

    Args:
        path: the file, as it was written from the draft.
        draft: what was guessed.
        note: is called with each step.

    Raises:
        UsageError: the file can't be read.
    """
    config = load_config(path)
    with Session() as session:
        attempt = _Attempt(session, config, path.resolve().parent, draft, note)
        run_async(attempt.run())
    return Trial(attempt.draft, tuple(attempt.said))


class _Attempt:
    def __init__(
        self,
        session: Session,
        config: Config,
        folder: Path,
        draft: Draft,
        note: Callable[[str], None],
    ) -> None:
        self.draft = draft
        self.said: list[str] = []
        self._session = session
        self._config = config
        self._folder = folder
        self._note = note
        self._launcher = Launcher(session, config, folder)
        self._urls: dict[str, str] = {}
        self._taps: dict[str, TapClient] = {}

    async def run(self) -> None:
        """Start the providers with a tap each, then the service; ask its routes."""
        env: dict[str, str] = {}
        async with AsyncExitStack() as stack:
            for provider in self.draft.providers:
                tap = await asyncio.to_thread(self._provider, provider)
                self._taps[provider.name] = await stack.enter_async_context(
                    TapClient(tap.control_url)
                )
                env |= self._config.edges[provider.name].address_at(tap.url)
            self._note(f"starting {self.draft.service.name}")
            running = await asyncio.to_thread(self._start, self.draft.service, env)
            if running is None:
                return
            timeout = httpx.Timeout(10.0)
            client = httpx.AsyncClient(base_url=running.url, timeout=timeout, trust_env=False)
            await stack.enter_async_context(client)
            health = await self._health(client, self.draft.service.health)
            service = replace(self.draft.service, health=health or "", health_note=_SEEN)
            self.draft = replace(self.draft, service=service)
            self.said.append(
                f"{service.name} answers at the port that it is given; "
                + (f"health: {health}" if health else "no health route answers 2xx")
            )
            edges = [await self._edge(client, edge) for edge in self.draft.edges]
            self.draft = replace(self.draft, edges=tuple(edges))

    async def _health(self, client: httpx.AsyncClient, guessed: str) -> str | None:
        """Return a route that answers 2xx by itself; one that asks a provider says nothing."""
        for path in dict.fromkeys((*filter(None, [guessed]), *_HEALTH)):
            before = await self._asked()
            try:
                answer = await client.get(path)
            except httpx.HTTPError:
                continue
            if answer.is_success and (path == guessed or await self._asked() == before):
                return path
        return None

    async def _asked(self) -> int:
        """Return how many requests reached the providers."""
        return sum([len(await tap.journal()) for tap in self._taps.values()])

    def _provider(self, provider: DraftProvider) -> RunningTap:
        """Start a provider, or take the place where it should be; return the tap before it."""
        self._note(f"starting {provider.name}")
        running = self._start(provider, {}) if provider.url is None else None
        url = provider.url or f"http://127.0.0.1:{self._session.reserve_port()}"
        self._urls[provider.name] = running.url if running else url
        return start_tap(self._session, self._urls[provider.name], f"tap-{provider.name}")

    def _start(self, service: DraftProvider, env: Mapping[str, str]) -> Running | None:
        """Start a service; where it doesn't listen at its port, by other variables for it."""
        fixed = service.pact or any("{port}" in word for word in service.command)
        names = (service.port_env, *(name for name in _PORTS if name != service.port_env))
        problem = ""
        for name in names[:1] if fixed else names:
            declared = self._config.services[service.name]
            longest_s = declared.start_within_s if service.builds else _START_S
            changes = {"port_env": name, "start_within_s": longest_s}
            if not service.pact:
                changes["health"] = ""
            services = {
                **self._config.services,
                service.name: declared.model_copy(update=changes),
            }
            config = self._config.model_copy(update={"services": services})
            try:
                running = Launcher(self._session, config, self._folder).start(service.name, env)
            except SeatrialError as error:
                problem = problem or str(error)
                if " instead: " in str(error) and not service.builds:
                    continue
                break
            self._took_port(service, name)
            return running
        self.said.append(f"CHECK: {problem}")
        return None

    def _took_port(self, service: DraftProvider, name: str) -> None:
        found = replace(service, port_env=name, port_note=_SEEN)
        if service == self.draft.service:
            self.draft = replace(self.draft, service=found)
        else:
            others = tuple(
                replace(found, health="") if one == service else one for one in self.draft.providers
            )
            self.draft = replace(self.draft, providers=others)

    async def _edge(self, client: httpx.AsyncClient, edge: DraftEdge) -> DraftEdge:
        """Find the route that makes it call this provider, and the call."""
        self._note(f"asking {self.draft.service.name}")
        tap = self._taps[edge.provider]
        reads = dict.fromkeys((edge.trigger, *self.draft.routes, "/{id}"))
        tries = [replace(edge, trigger=one) for one in reads if "CHANGE-ME" not in one][:_ROUTES]
        for one in self._posts():
            fields = () if "{id}" in one else self.draft.bodies
            tries.append(replace(edge, trigger=one, posts=fields))
        last = 0
        for asking in tries:
            number = _number()
            identity = edge.ids.replace("{n}", number)
            status = await _ask(client, asking, identity)
            came = await tap.journal(last)
            last = came[-1].id if came else last
            asked = [one for one in came if identity in one.path]
            if asking.posts is not None and not asked:  # the body may say which one it is about
                asked = [one for one in came if one.method != "GET"]
            if status is None or not asked:
                continue
            path = asked[0].path.replace(identity, "{id}")
            found = replace(asking, upstream=path, method=asked[0].method, request_note=_SEEN)
            self.said.append(
                f"{'GET' if asking.posts is None else 'POST'} {asking.trigger} makes it call "
                f"{edge.provider}: {found.method} {path}"
            )
            return await self._answers(client, tap, found, status)
        self.said.append(f"CHECK: no route was found that makes it call {edge.provider}")
        return edge

    def _posts(self) -> tuple[str, ...]:
        """Return the routes that things are posted to, where the path or a body says to which."""
        makes = self.draft.service.makes
        return tuple(one for one in makes if self.draft.bodies or "{id}" in one)[:_ROUTES]

    async def _answers(
        self, client: httpx.AsyncClient, tap: TapClient, edge: DraftEdge, status: int
    ) -> DraftEdge:
        """Find entities that the provider knows, and the statuses for well and for down."""
        if not 200 <= status < 300:
            made = await self._made(edge)
            if made is None:
                self.said.append(
                    f"CHECK: {self.draft.service.name} answers {status} for an id that is made "
                    f"up: name a request of {edge.provider} that makes one, or ids that it knows"
                )
                return edge
            (path, body), identity = made
            status = await _ask(client, edge, identity) or status
            edge = replace(edge, made_at=(path, body))
        if not 200 <= status < 300:
            self.said.append(f"CHECK: {edge.trigger} answers {status} while all is well")
            return edge
        async with _failing(tap, Status(status=404)):
            missing = await _ask(client, edge, edge.ids.replace("{n}", _number()))
        seen: dict[int | None, None] = {}
        until_s = time.monotonic() + _TO_OPEN_S
        # Clients may answer otherwise to an answer, and otherwise again once a breaker is open.
        for fault, calls in ((Reset(), 1), (Status(status=503), _CALLS_TO_OPEN)):
            async with _failing(tap, fault):
                for _ in range(calls):
                    seen.setdefault(await _ask(client, edge, edge.ids.replace("{n}", _number())))
                    if time.monotonic() > until_s:
                        break
        failed = tuple(one for one in seen if one is not None and one >= 500)
        note = _SEEN if len(failed) == len(seen) else " CHECK"
        self.said.append(
            f"it answers {status} while all is well, and {' or '.join(map(str, seen))} while "
            f"{edge.provider} is down"
        )
        if missing is not None and not 400 <= missing < 500:
            self.said.append(f"it answers {missing} where {edge.provider} answers 404")
            missing = None
        return replace(
            edge,
            good=status,
            failed=failed or edge.failed,
            missing=missing,
            answer_note=note,
            entity_note=_SEEN,
        )

    async def _made(self, edge: DraftEdge) -> tuple[tuple[str, dict[str, str]], str] | None:
        """Make an entity at the provider by one of its routes; the request and the id."""
        provider = next(one for one in self.draft.providers if one.name == edge.provider)
        if provider.url is not None:  # it runs already and may be somebody's real one
            return None
        base = edge.upstream.partition("/{id}")[0]
        async with httpx.AsyncClient(base_url=self._urls[edge.provider], trust_env=False) as client:
            for path in dict.fromkeys((base, *(one for one in provider.makes if "{" not in one))):
                for body in _BODIES:
                    sent = {key: value.replace("{n}", _number()) for key, value in body.items()}
                    try:
                        answer = await client.post(path, json=sent)
                        found = answer.json().get("id") if answer.is_success else None
                    except (httpx.HTTPError, ValueError, AttributeError):
                        continue
                    if found is not None:
                        return (path, body), str(found)
        return None


@asynccontextmanager
async def _failing(tap: TapClient, fault: Action) -> AsyncIterator[None]:
    await tap.plan(Rule(match=Match(), do=fault))
    try:
        yield
    finally:
        await tap.clear()


async def _ask(client: httpx.AsyncClient, edge: DraftEdge, identity: str) -> int | None:
    path = re.sub(r"\{\w+\}", "1", edge.trigger.replace("{id}", identity))
    body = None if edge.posts is None else dict.fromkeys(edge.posts, identity)
    try:
        method = "GET" if body is None else "POST"
        return (await client.request(method, path, json=body)).status_code
    except httpx.HTTPError:
        return None


def _number() -> str:
    return f"{os.getpid() % 10_000}{next(_numbers):04d}"
