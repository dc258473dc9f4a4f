"""The first seatrial.toml: valid as it stands, with a comment for everything that was guessed."""

import json
import re
from dataclasses import dataclass

from seatrial.scaffold.hints import Hints, Pact, slug

SCHEMA_NAME = "seatrial.schema.json"
"""Written next to it, for editors."""

_HEAD = """\
#:schema ./{schema}
# What `seatrial chaos run` needs to know of {name}: how it is started, whom it calls, and
# what it promises about these calls. Lines marked CHECK were guessed. Times are seconds. What isn't
# declared isn't checked, so delete what you don't promise.
seed = 1

[services.{name}]
# {source}
command = {command}
# It gets its port from here, one that was free a moment ago.
port_env = "PORT"
# Asked until it answers 2xx; "" asks nothing.{health_check}
health = {health}
# env = {{ LOG_LEVEL = "info" }}
"""

_PROVIDER_PACT = """
# The provider is played from the pact: every interaction is answered as the pact says.
[services.{provider}]
pact = {pact}
"""

_PROVIDER_URL = """
# CHECK: where the provider runs. Instead of url: a command, as above, or pact = "FILE.json", which
# plays the provider from a pact alone.
[services.{provider}]
url = "http://127.0.0.1:3001"
"""

_EDGE = """
# {name} calls {provider}.
[edges.{edge}]
consumer = "{name}"
provider = "{provider}"
# The variable from which {name} reads the provider's address: it is given the proxy's.
# {variable_source}
address_env = "{variable}"
# CHECK: the request to {name} that makes it call, and the request that it then makes.
trigger = {{ path = {trigger} }}
upstream = {{ {upstream} }}
# How its answers look: when all is well, and when the provider can't be reached.
good = {{ status = [200] }}
failed = {{ status = [502, 503, 504] }}
# CHECK: another entity for each call: {entity_note}
entity = {{ {entity} }}

# CHECK: what {name} promises about these calls.
[edges.{edge}.policy]
answers_within_s = 10
breaker = {{ failures = 5, open_s = 2, successes = 1, order = "around-retry" }}
# cache = {{ ttl_s = 5 }}
# idempotency = {{ header = "Idempotency-Key" }}
# trace = {{ header = "traceparent" }}

[edges.{edge}.policy.retry]
attempts = 3
backoff_s = 0.1
growth = 2
cap_s = 1
jitter = "full"
attempt_timeout_s = 1
deadline_s = 5
"""


@dataclass(frozen=True)
class _Edge:
    provider: str
    variable: str
    source: str
    pact: Pact | None


def sketch(hints: Hints) -> str:
    """The text of a first seatrial.toml; `load_config` takes it."""
    edges = list(_edges(hints)) or [
        _Edge("provider", "PROVIDER_URL", "CHECK: none was found", None)
    ]
    command = hints.command
    source = f"From {command.found_in}." if command else "CHECK: no command was found."
    health_check = "" if hints.health else " CHECK: none was found."
    text = _HEAD.format(
        schema=SCHEMA_NAME,
        name=hints.name,
        source=source,
        command=_array(command.words if command else ("python", "main.py")),
        health=json.dumps(hints.health or ""),
        health_check=health_check,
    )
    for edge in edges:
        form = _PROVIDER_URL if edge.pact is None else _PROVIDER_PACT
        pact = "" if edge.pact is None else json.dumps(edge.pact.path.as_posix())
        text += form.format(provider=edge.provider, pact=pact)
    for edge in edges:
        text += _edge(hints, edge)
    return text


def _edges(hints: Hints) -> list[_Edge]:
    """One for each provider: those with a variable, and the pacts that name them."""
    found: dict[str, _Edge] = {}
    for variable, place in hints.variables.items():
        provider = _provider(variable)
        if provider != hints.name:
            source = f"From {place}."
            found.setdefault(provider, _Edge(provider, variable, source, _pact_of(hints, provider)))
    for pact in hints.pacts:
        provider = slug(pact.provider)
        known = any(edge.pact is pact for edge in found.values())
        if not known and provider not in found and provider != hints.name:
            variable = re.sub(r"\W", "_", provider).upper() + "_URL"
            found[provider] = _Edge(provider, variable, "CHECK: none was found.", pact)
    return list(found.values())


def _provider(variable: str) -> str:
    stem = re.sub(r"_(BASE_URL|URL|URI|ENDPOINT|ADDRESS)$", "", variable)
    return slug(re.sub(r"_(API|BASE)$", "", stem))


def _pact_of(hints: Hints, provider: str) -> Pact | None:
    """The pact with a provider of nearly that name."""
    for pact in hints.pacts:
        theirs = slug(pact.provider)
        if provider in (theirs, theirs.removesuffix("-service")) or theirs == f"{provider}-api":
            return pact
    return None


def _edge(hints: Hints, edge: _Edge) -> str:
    request = edge.pact.request if edge.pact else None
    last = request[1].rpartition("/")[2] if request else ""
    method, path = request or ("GET", "/CHANGE-ME/x")
    upstream = f"path = {json.dumps(path.rpartition('/')[0] + '/{id}')}"
    if method != "GET":
        upstream = f"method = {json.dumps(method)}, {upstream}"
    ids = re.sub(r"[^\w-]", "", last) or "user"
    return _EDGE.format(
        name=hints.name,
        edge=edge.provider,
        provider=edge.provider,
        variable=edge.variable,
        variable_source=edge.source,
        trigger=json.dumps(next(iter(hints.routes), "/CHANGE-ME/{id}")),
        upstream=upstream,
        entity=f"ids = {json.dumps(ids + '-{n}')}",
        entity_note="ids that are made up, where the provider knows every id,\n"
        '# or the request that makes one: path = "/users", body = { name = "User {n}" }',
    )


def _array(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(json.dumps(word, ensure_ascii=False) for word in words) + "]"
