"""What the first file will say: every value with where it is from, or that it was guessed."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from seatrial.scaffold.hints import Hints, Pact, Variable, slug

CHECK = " CHECK"
_LOCAL = ("localhost", "127.0.0.1", "0.0.0.0", "host.docker.internal")  # noqa: S104 - compared
_FAILED = (502, 503, 504)


@dataclass(frozen=True)
class DraftProvider:
    """A service of the file: the project's own, or one that it calls."""

    name: str
    source: str
    command: tuple[str, ...] = ()
    cwd: str = "."
    port_env: str = "PORT"
    port_note: str = ""
    builds: bool = False
    env: dict[str, str] = field(default_factory=dict)
    url: str | None = None
    pact: str | None = None
    health: str = ""
    health_note: str = ""
    makes: tuple[str, ...] = ()
    """Routes that things are posted to."""


@dataclass(frozen=True)
class DraftEdge:
    """Whom it calls, by which requests."""

    provider: str
    address_env: str | dict[str, str]
    variable_note: str
    trigger: str
    upstream: str
    ids: str
    posts: tuple[str, ...] | None = None
    """The fields of the trigger's body that have the id; None: it is asked by GET."""
    method: str = "GET"
    good: int = 200
    failed: tuple[int, ...] = _FAILED
    missing: int | None = None
    """What it answers where the provider answers 404; None: that isn't known, or is a failure."""
    made_at: tuple[str, dict[str, str]] | None = None
    request_note: str = CHECK
    answer_note: str = CHECK
    entity_note: str = CHECK


@dataclass(frozen=True)
class Draft:
    """The whole file."""

    service: DraftProvider
    providers: tuple[DraftProvider, ...]
    edges: tuple[DraftEdge, ...]
    routes: tuple[str, ...]
    """All routes of the service that may be the trigger."""
    bodies: tuple[str, ...] = ()
    """Fields that it reads from the bodies of requests."""


def draft(hints: Hints) -> Draft:
    """Decide what a first file says."""
    called = _called(hints) or {"provider": ("PROVIDER_URL", None, None)}
    providers, edges = [], []
    for provider, (name, variable, pact) in called.items():
        providers.append(_provider(hints, provider, variable, pact))
        edges.append(_edge(hints, provider, name, variable, pact))
    return Draft(_own(hints), tuple(providers), tuple(edges), hints.routes, hints.bodies)


def _own(hints: Hints) -> DraftProvider:
    command = hints.command
    if command is None:
        source = "CHECK: no command was found."
        words: tuple[str, ...] = ("python", "main.py")
    else:
        source, words = f"From {command.found_in}.", command.words
    return DraftProvider(
        name=hints.name,
        source=source,
        command=words,
        cwd=hints.cwd,
        port_env=hints.port_env or "PORT",
        port_note="" if hints.port_env else f"{CHECK}: none was found.",
        builds=command is not None and command.builds,
        env=dict(hints.env),
        health=hints.health or "",
        health_note="" if hints.health else f"{CHECK}: none was found.",
        makes=hints.makes,
    )


_Called = dict[str, tuple[str, Variable | None, Pact | None]]


def _called(hints: Hints) -> _Called:
    """By provider: the variable with its address, and the pact that names it."""
    found: _Called = {}
    for name, variable in hints.variables.items():
        host = urlsplit(variable.default).hostname or ""
        provider = slug(host) if slug(host) in hints.neighbours else _provider_of(name)
        provider = next((one for one in hints.neighbours if _same(one, provider)), provider)
        pact = _pact_of(hints, provider)
        provider = slug(pact.provider) if pact else provider
        if provider != hints.name:
            found.setdefault(provider, (name, variable, pact))
    taken = {id(pact) for _, _, pact in found.values()}
    for pact in hints.pacts:
        provider = slug(pact.provider)
        if id(pact) not in taken and provider not in found and provider != hints.name:
            name = re.sub(r"\W", "_", provider).upper() + "_URL"
            found[provider] = (name, None, pact)
    return found


def _provider_of(variable: str) -> str:
    stem = re.sub(r"_(BASE_?URL|URL|URI|ENDPOINT|ADDRESS|ADDR|HOST)$", "", variable)
    return slug(re.sub(r"_(API|BASE|SERVICE_API)$", "", stem))


def _same(name: str, other: str) -> bool:
    """Return whether two names are one service's: users, user-service, users-api."""
    first, second = (re.sub(r"-(service|svc|api)$", "", one).rstrip("s") for one in (name, other))
    return first == second


def _pact_of(hints: Hints, provider: str) -> Pact | None:
    """The pact with a provider of nearly that name."""
    return next((one for one in hints.pacts if _same(slug(one.provider), provider)), None)


def _provider(
    hints: Hints, name: str, variable: Variable | None, pact: Pact | None
) -> DraftProvider:
    if pact is not None:
        source = "Played from the pact: every interaction is answered as the pact says."
        return DraftProvider(name, source, pact=pact.path.as_posix())
    near = hints.neighbours.get(name)
    if near is not None and near.command is not None:
        return DraftProvider(**{**vars(_own(near)), "name": name})
    default = variable.default if variable else ""
    address = urlsplit(default if "://" in default else f"http://{default}")
    instead = 'Instead of url: a command, or pact = "FILE.json", which plays it from a pact alone.'
    if variable and address.scheme == "http" and address.hostname in _LOCAL and address.port:
        source = f"Where it runs, as {variable.found_in} says. {instead}"
        return DraftProvider(name, source, url=f"http://127.0.0.1:{address.port}")
    return DraftProvider(name, f"CHECK: where it runs. {instead}", url="http://127.0.0.1:3001")


def _edge(
    hints: Hints, provider: str, name: str, variable: Variable | None, pact: Pact | None
) -> DraftEdge:
    method, path = pact.request if pact and pact.request else ("GET", "")
    upstream = path.rpartition("/")[0] + "/{id}" if path else _upstream(hints, provider)
    last = re.sub(r"[^\w-]", "", path.rpartition("/")[2])
    return DraftEdge(
        provider=provider,
        address_env=_address_env(name, variable),
        variable_note=f"From {variable.found_in}." if variable else "CHECK: none was found.",
        trigger=next(iter(hints.routes), "/CHANGE-ME/{id}"),
        upstream=upstream,
        method=method,
        ids="{n}" if not last or last.isdigit() else f"{last}-{{n}}",
    )


def _upstream(hints: Hints, provider: str) -> str:
    """The path of its clients' calls that is most likely the provider's."""
    stem = provider.removesuffix("-service").removesuffix("-api").rstrip("s")
    calls = sorted(hints.calls, key=lambda path: stem not in path)
    return next(iter(calls), "/CHANGE-ME/{id}")


def _address_env(name: str, variable: Variable | None) -> str | dict[str, str]:
    """The variable, with its form where it holds no plain URL."""
    if variable is None:
        return name
    if variable.port_variable:
        return {name: "{host}", variable.port_variable: "{port}"}
    default = variable.default
    if default and "://" not in default and ":" in default:
        return {name: "{host}:{port}"}
    path = urlsplit(default).path.rstrip("/") if "://" in default else ""
    return {name: f"{{url}}{path}"} if path else name
