"""A request that the provider answers."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from seatrial.errors import text_of
from seatrial.pacts.answers import HttpAnswer
from seatrial.pacts.bodies import encoded
from seatrial.pacts.failures import ContractBroken, NoAnswer
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds.kind import Kind
from seatrial.pacts.matching import (
    BodyJudge,
    Judge,
    Refusal,
    header_judge,
    header_values,
    own_refusal,
    text_judge,
)
from seatrial.pacts.provider import Provider, in_state
from seatrial.pacts.verifier import new_verifier, run_verifier
from seatrial.redaction import shown_headers, without_secrets
from seatrial.results import HttpExchange

_SHOWN_BYTES = 2_000


class HttpKind(Kind):
    """A request over HTTP."""

    type = "Synchronous/HTTP"
    noun = "answer"
    does = "answers"
    asks_over_http = True

    def missing(self, document: Mapping[str, Any]) -> str | None:
        """Say what the request or the response lacks: the verifier fills in a GET of /, and 200."""
        request, response = document.get("request"), document.get("response")
        if not isinstance(request, dict) or not {"method", "path"} <= request.keys():
            return "its request has no method and path"
        if not isinstance(response, dict) or not isinstance(response.get("status"), int):
            return "its response has no status"
        return None

    def parts(self, document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The request and the response."""
        yield document.get("request") or {}
        yield document.get("response") or {}

    def example(self, interaction: Interaction) -> HttpAnswer:
        """The response that stands in the pact."""
        response = interaction.document["response"] or {}
        headers = tuple(header_lines(response.get("headers") or {}))
        return HttpAnswer(encoded(response.get("body")), int(response.get("status", 200)), headers)

    def judge(self, interaction: Interaction) -> Judge:
        """A judge of status, headers and body."""
        response: Mapping[str, Any] = interaction.document["response"] or {}
        rules: Mapping[str, Any] = response.get("matchingRules") or {}
        status = text_judge(str(response.get("status", 200)), rules.get("status"))
        headers = {
            name: header_judge(name, values, rules.get("header") or {})
            for name, values in (response.get("headers") or {}).items()
        }
        expected = response.get("body")
        body = None if expected is None else BodyJudge(expected, rules)

        def judge(answer: HttpAnswer) -> Refusal:
            if refused := status(str(answer.status)):
                return f"status: {refused}"
            for name, of_header in headers.items():
                given = [value for key, value in answer.headers if key.lower() == name.lower()]
                values = header_values(name, given)
                if refused := of_header(values) if values is not None else "is missing":
                    return f"header {name}: {refused}"
            return body.refusal(answer.body, answer.content_type) if body else None

        return judge

    def own_refusal(self, document: Mapping[str, Any]) -> str | None:
        """Judge path, query, headers and body of both parts by their own rules."""
        for name in ("request", "response"):
            part: Mapping[str, Any] = document.get(name) or {}
            rules, generated = part.get("matchingRules") or {}, part.get("generators") or {}
            if refused := self._of_texts(part, rules, generated) or own_refusal(
                part.get("body"), rules, generated
            ):
                return f"the example of its {name} fails its own rule: {refused}"
        return None

    @staticmethod
    def _of_texts(
        part: Mapping[str, Any], rules: Mapping[str, Any], generated: Mapping[str, Any]
    ) -> Refusal:
        path = None if "path" in generated else rules.get("path")
        if path and (refused := text_judge(part["path"], path)(part["path"])):
            return f"path: {refused}"
        for place, key in (("query", "query"), ("header", "headers")):
            own = {} if place in generated else rules.get(place) or {}
            for name, values in (part.get(key) or {}).items():
                rule = next((r for n, r in own.items() if n.lower() == name.lower()), None)
                for value in ([values] if isinstance(values, str) else values) if rule else ():
                    if value and (refused := text_judge(value, rule)(value)):
                        return f"{place} {name}: {refused}"
        return None

    def operation(self, interaction: Interaction) -> tuple[object, ...]:
        """Method, path and status; a part of the path that a state's parameters name is any."""
        document = interaction.document
        request, response = document.get("request") or {}, document["response"] or {}
        entities = {
            str(value)
            for state in interaction.states
            for value in (state.get("params") or {}).values()
            if isinstance(value, str | int)
        }
        path = str(request.get("path", "/")).split("/")
        parts = tuple("{}" if part in entities else part for part in path)
        return request.get("method", "GET"), parts, response.get("status", 200)

    def messages(self, interaction: Interaction) -> tuple[str, ...]:
        """None."""
        return ()

    def lacks(self, provider: Provider) -> str | None:
        """None: every provider has a URL."""
        return None

    def verify(self, interaction: Interaction, provider: Provider, file: Path) -> None:
        """Let the verifier ask the provider."""
        verifier = new_verifier(provider, file).add_transport(url=provider.url)
        if self.takes_values(interaction):
            # Only the verifier itself can put a handler's values into the request.
            verifier.state_handler(str(provider.states_url), body=True, teardown=True)
            run_verifier(verifier, interaction, provider)
            return
        try:
            with in_state(interaction, provider):
                run_verifier(verifier, interaction, provider)
        except NoAnswer:
            raise
        except ContractBroken as broken:
            broken.exchange = self._asked_again(interaction, provider)
            raise

    def _asked_again(self, interaction: Interaction, provider: Provider) -> HttpExchange | None:
        """Ask once more, in the same state, for a reader to see; None where that fails too."""
        request = interaction.document["request"]
        began_s = time.monotonic()
        try:
            with in_state(interaction, provider):
                answer = self.record(interaction, provider)
        except ContractBroken:
            return None
        body = encoded(request["body"]) if request.get("body") else b""
        return HttpExchange(
            title=f"the request of the contract, asked again of {provider.name}",
            at_s=0.0,
            method=str(request.get("method", "GET")),
            url=without_secrets(provider.url.rstrip("/") + _target(request)),
            headers=shown_headers(dict(header_lines(request.get("headers") or {}))),
            body=without_secrets(body.decode("utf-8", "replace")),
            status=answer.status,
            took_s=round(time.monotonic() - began_s, 4),
            answer_headers=shown_headers(dict(answer.headers)),
            answer=without_secrets(answer.body[:_SHOWN_BYTES].decode("utf-8", "replace")),
        )

    def record(self, interaction: Interaction, provider: Provider) -> HttpAnswer:
        """Ask what the interaction asks."""
        request = interaction.document["request"]
        with httpx.Client(base_url=provider.url, timeout=provider.timeout_s) as client:
            try:
                answer = client.request(
                    request.get("method", "GET"),
                    _target(request),
                    headers=list(header_lines(request.get("headers") or {})),
                    content=encoded(request["body"]) if request.get("body") else None,
                )
            except httpx.HTTPError as error:
                raise NoAnswer(f"{provider.name}: {text_of(error)}") from error
        return HttpAnswer(answer.content, answer.status_code, tuple(answer.headers.multi_items()))


def header_lines(headers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Headers as they travel, one line a value."""
    for name, values in headers.items():
        for value in [values] if isinstance(values, str) else values:
            yield name, value


def _target(request: Mapping[str, Any]) -> str:
    return str(request.get("path", "/")) + _query(request.get("query") or {})


def _query(query: Mapping[str, Any]) -> str:
    pairs = [(name, "" if v is None else v) for name, values in query.items() for v in values]
    return f"?{urlencode(pairs)}" if pairs else ""
