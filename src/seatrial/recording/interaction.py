"""A recorded pair as an interaction of a pact."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote

from seatrial.pacts import HttpAnswer
from seatrial.recording.reduction import Reduced
from seatrial.recording.templates import Template, query_of
from seatrial.recording.values import (
    Rule,
    all_of,
    format_of,
    is_secret_name,
    safe_form,
    safe_path,
    safe_text,
    without_secrets,
)
from seatrial.tap import RecordedExchange

_VERBS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "change", "DELETE": "delete"}
_FORM = "application/x-www-form-urlencoded"
_OF_LIBRARIES = frozenset(
    (
        *("accept-encoding", "accept-language", "authorization", "baggage", "cache-control"),
        *("connection", "content-length", "content-type", "cookie", "date", "expect", "from"),
        *("host", "idempotency-key", "keep-alive", "origin", "pragma", "proxy-authorization"),
        *("referer", "sentry-trace", "te", "traceparent", "tracestate", "transfer-encoding"),
        *("upgrade", "user-agent", "via", "x-api-key", "x-correlation-id", "x-request-id"),
        *("x-trace-id",),
    )
)
"""Headers that libraries, proxies and tracing send, and secrets: no consumer's own words."""


@dataclass(frozen=True)
class Pair:
    """One request with its answer."""

    exchange: RecordedExchange
    redact: Sequence[str] = ()

    @cached_property
    def query(self) -> Mapping[str, list[str]]:
        """The query's parameters."""
        return query_of(self.exchange.query)

    @property
    def first_query(self) -> dict[str, str]:
        """The first value of each."""
        return {name: values[0] for name, values in self.query.items()}

    @property
    def answer(self) -> HttpAnswer:
        """The provider's answer."""
        one = self.exchange
        return HttpAnswer(one.answer_body, one.status, one.answer_headers)

    def request_header(self, name: str) -> str | None:
        """Return a header of the request."""
        found = [v for n, v in self.exchange.request_headers if n.lower() == name]
        return found[0] if found else None

    @cached_property
    def body(self) -> Any:
        """The request's body as JSON; None where it has none, or another kind."""
        try:
            return json.loads(self.exchange.request_body) if self.exchange.request_body else None
        except (ValueError, RecursionError):
            return None

    @property
    def has_secrets(self) -> bool:
        """True where its request holds what a file may not: it can't be asked again from there."""
        return (
            any(safe_text(v, n) != v for n, values in self.query.items() for v in values)
            or without_secrets(self.body) != self.body
            or safe_path(self.exchange.path) != self.exchange.path
        )


def safe(answer: HttpAnswer) -> HttpAnswer:
    """Return an answer with an example in the place of each secret."""
    headers = tuple((name, safe_text(value, name)) for name, value in answer.headers)
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        text = safe_text(answer.body.decode("utf-8", "surrogateescape"))
        return replace(answer, headers=headers, body=text.encode("utf-8", "surrogateescape"))
    after = without_secrets(document)
    same = after == document
    body = answer.body if same else json.dumps(after, ensure_ascii=False).encode()
    return replace(answer, headers=headers, body=body)


def interaction_of(
    chosen: Pair,
    pairs: Sequence[Pair],
    template: Template,
    reduced: Reduced,
    *,
    about: str,
    taken: set[str],
) -> dict[str, Any]:
    """Return the interaction that a pact of version 4 holds.

    Args:
        chosen: the pair whose request it shows.
        pairs: all of its kind.
        template: of their paths.
        reduced: the answer.
        about: the entity of the answer.
        taken: descriptions that are taken; this one's is added.
    """
    request = _request(chosen, pairs, template, about)
    response: dict[str, Any] = {"status": reduced.status}
    rules: dict[str, Any] = {}
    if reduced.headers:
        response["headers"] = dict(sorted(reduced.headers.items()))
    if reduced.has_body:
        response["body"] = {
            "content": reduced.body,
            "contentType": reduced.content_type or "application/json",
            "encoded": False,
        }
    if reduced.rules:
        rules["body"] = reduced.rules
    if reduced.header_rules:
        rules["header"] = reduced.header_rules
    if rules:
        response["matchingRules"] = rules
    if reduced.generators:
        response["generators"] = {"body": reduced.generators}
    description = _description(chosen, template, reduced.status, taken)
    states = template.states(request["path"], reduced.status)
    return {
        "type": "Synchronous/HTTP",
        "description": description,
        "pending": False,
        **({"providerStates": states} if states else {}),
        "request": request,
        "response": response,
        "comments": {"text": _comments(reduced, len(pairs))},
    }


def _comments(reduced: Reduced, recordings: int) -> list[str]:
    said = [f"recorded {recordings} times"]
    if reduced.left_out:
        said.append(f"left out, since the consumer doesn't notice: {', '.join(reduced.left_out)}")
    return [*said, *reduced.notes]


def _description(pair: Pair, template: Template, status: int, taken: set[str]) -> str:
    method = pair.exchange.method
    verb = _VERBS.get(method, method.lower())
    base = f"{verb} {template.shown}" + ("" if status < 300 else f", answered {status}")
    found, number = base, 1
    while found in taken:
        number += 1
        found = f"{base} ({number})"
    taken.add(found)
    return found


def _request(chosen: Pair, pairs: Sequence[Pair], template: Template, about: str) -> dict[str, Any]:
    path = chosen.exchange.path
    ids = template.ids(path)
    if about and len(ids) == 1:  # the answer's entity may be another recording's
        path = template.shown.replace("{id}", quote(about, safe=""))
    request: dict[str, Any] = {"method": chosen.exchange.method, "path": safe_path(path)}
    rules: dict[str, Any] = {}
    if pattern := template.regex(path):
        rules["path"] = all_of({"match": "regex", "regex": pattern})
    query = {name: _query_rule(name, pairs) for name in chosen.query}
    if query:
        request["query"] = {
            name: [safe_text(one, name) for one in values] for name, values in chosen.query.items()
        }
        if ruled := {name: rule for name, rule in query.items() if rule}:
            rules["query"] = ruled
    headers = {name: [value] for name, value in _own_headers(pairs)}
    if chosen.exchange.request_body:
        kind = (chosen.request_header("content-type") or "application/json").partition(";")[0]
        headers["content-type"] = [kind]
        if chosen.body is not None:
            content = without_secrets(chosen.body)
            rules["body"] = dict(_body_rules(content))
        else:
            text = chosen.exchange.request_body.decode("utf-8", "replace")
            content = safe_form(text) if kind == _FORM else safe_text(text)
            rules["body"] = {"$": all_of({"match": "notEmpty"})}
        request["body"] = {"content": content, "contentType": kind, "encoded": False}
    if headers:
        request["headers"] = dict(sorted(headers.items()))
    if rules:
        request["matchingRules"] = rules
    return request


def _own_headers(pairs: Sequence[Pair]) -> Iterator[tuple[str, str]]:
    """Yield the headers that the consumer itself chose to send: the same in all recordings."""
    first = pairs[0]
    secret = {name.lower() for name in first.redact}
    for name in dict.fromkeys(name.lower() for name, _ in first.exchange.request_headers):
        values = {pair.request_header(name) for pair in pairs}
        value = first.request_header(name)
        if name in _OF_LIBRARIES or name.startswith(("x-forwarded", "x-b3", "sec-", "if-")):
            continue
        if len(values) > 1 or value is None or name in secret or is_secret_name(name):
            continue
        if name == "accept" and value.split(",")[-1].strip().startswith("*/*"):
            continue
        if safe_text(value, name) == value:
            yield name, value


def _query_rule(name: str, pairs: Sequence[Pair]) -> Rule | None:
    """Return the rule of a parameter; None where it was the same in all recordings."""
    values = {value for pair in pairs for value in pair.query.get(name, [])}
    if len(values) == 1 and not is_secret_name(name):
        known = format_of(next(iter(values)))
        if known is None or known.name == "digits":
            return None
    return all_of({"match": "regex", "regex": ".+"})


def _body_rules(value: Any, path: str = "$") -> Sequence[tuple[str, Rule]]:
    """Return a rule for each place of a request's body: what a consumer sends has its type."""
    found: list[tuple[str, Rule]] = []
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            step = f".{key}" if key.isidentifier() else f"['{key}']"
            found += _body_rules(inner, path + step)
    elif isinstance(value, list) and value:
        found.append((path, all_of({"match": "type", "min": 1})))
        found += _body_rules(value[0], f"{path}[*]")
    elif value is not None:
        found.append((path, all_of({"match": "type"})))
    return found
