"""The first seatrial.toml: valid as it stands, with a comment for everything that was guessed."""

import json
from collections.abc import Iterator

from seatrial.scaffold.drafts import Draft, DraftEdge, DraftProvider, draft
from seatrial.scaffold.hints import Hints

SCHEMA_NAME = "seatrial.schema.json"
"""Written next to it, for editors."""

_HEAD = """\
#:schema ./{schema}
# What `seatrial chaos run` needs to know of {name}: how it is started, whom it calls, and
# what it promises about these calls. Lines marked CHECK were guessed; those marked "seen" worked
# when `seatrial init` tried them. Times are seconds. What isn't declared isn't checked.
seed = 1

"""
_MISSING = """# And where the provider says that there is no such thing, by a 404. (seen)
missing = {{ status = [{}] }}
"""
_EDGE = """
# {consumer} calls {provider}.
[edges.{name}]
consumer = "{consumer}"
provider = "{provider}"
# From which it reads the provider's address: it is given the proxy's. {variable_note}
address_env = {address_env}
# The request to {consumer} that makes it call, and the request that it then makes.{request_note}
trigger = {{ {trigger} }}
upstream = {{ {upstream} }}
# How its answers look: when all is well, and when the provider can't be reached.{answer_note}
good = {{ status = [{good}] }}
failed = {{ status = [{failed}] }}
{missing}# Another entity for each call: ids that are made up, where the provider knows every id, or
# the request that makes one: {{ path = "/users", body = {{ name = "User {{n}}" }} }}.{entity_note}
entity = {{ {entity} }}

# What {consumer} promises about these calls. `seatrial infer` finds out what it does.
[edges.{name}.policy]
answers_within_s = 10
# Which answers count as failures of the provider, and are tried again; all others never are.
# failures = {{ status = [429, 500, 502, 503, 504] }}
# breaker = {{ failures = 5, open_s = 2, successes = 1, order = "around-retry" }}
# cache = {{ ttl_s = 5 }}
# idempotency = {{ header = "Idempotency-Key" }}
# trace = {{ header = "traceparent" }}

# [edges.{name}.policy.retry]
# attempts = 3
# backoff_s = 0.1
# growth = 2
# cap_s = 1
# jitter = "full"
# attempt_timeout_s = 1
# deadline_s = 5
"""


def sketch(hints: Hints) -> str:
    """The text of a first seatrial.toml; `load_config` takes it."""
    return written(draft(hints))


def written(found: Draft) -> str:
    """A draft as the text of a file."""
    text = _HEAD.format(schema=SCHEMA_NAME, name=found.service.name)
    text += "\n".join(_service(found.service))
    for provider in found.providers:
        text += "\n" + "\n".join(_service(provider))
    return text + "".join(_edge(found.service.name, edge) for edge in found.edges)


def _service(one: DraftProvider) -> Iterator[str]:
    yield f"[services.{one.name}]"
    yield f"# {one.source}"
    for key in ("pact", "url"):
        if value := getattr(one, key):
            yield f"{key} = {json.dumps(value)}"
    if one.command:
        yield f"command = {_array(one.command)}"
        if one.cwd != ".":
            yield f"cwd = {json.dumps(one.cwd)}"
        if not any("{port}" in word for word in one.command):
            yield f"# The variable for its port, one that was free a moment ago.{one.port_note}"
            yield f"port_env = {json.dumps(one.port_env)}"
        if one.builds:
            yield "start_within_s = 120  # it is compiled first"
    if not one.pact:
        yield f'# Asked until it answers 2xx; "" asks nothing.{one.health_note}'
        yield f"health = {json.dumps(one.health)}"
    if one.env:
        yield f"env = {_inline(one.env)}"
    yield ""


def _edge(consumer: str, edge: DraftEdge) -> str:
    method = f"method = {json.dumps(edge.method)}, " if edge.method != "GET" else ""
    forms = edge.address_env
    address = json.dumps(forms) if isinstance(forms, str) else _inline(forms)
    return _EDGE.format(
        consumer=consumer,
        name=edge.provider,
        provider=edge.provider,
        variable_note=edge.variable_note,
        address_env=address,
        request_note=edge.request_note,
        trigger=_trigger(edge),
        upstream=f"{method}path = {json.dumps(edge.upstream)}",
        answer_note=edge.answer_note,
        good=edge.good,
        failed=", ".join(map(str, edge.failed)),
        missing="" if edge.missing is None else _MISSING.format(edge.missing),
        entity_note=edge.entity_note,
        entity=_entity(edge),
    )


def _trigger(edge: DraftEdge) -> str:
    path = f"path = {json.dumps(edge.trigger)}"
    if edge.posts is None:
        return path
    path = f'method = "POST", {path}'
    return (
        path if not edge.posts else f"{path}, body = {_inline(dict.fromkeys(edge.posts, '{id}'))}"
    )


def _entity(edge: DraftEdge) -> str:
    if edge.made_at is None:
        return f"ids = {json.dumps(edge.ids)}"
    path, body = edge.made_at
    return f"path = {json.dumps(path)}, body = {_inline(body)}"


def _inline(found: "dict[str, str]") -> str:
    pairs = (f"{_key(name)} = {json.dumps(value)}" for name, value in found.items())
    return f"{{ {', '.join(pairs)} }}"


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() else json.dumps(name)


def _array(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(json.dumps(word, ensure_ascii=False) for word in words) + "]"
