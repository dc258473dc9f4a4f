"""The provider's own answer to an interaction: what it really says, more than the pact asks for."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from seatrial.errors import UsageError
from seatrial.pacts.failures import NoAnswer
from seatrial.pacts.files import Interaction
from seatrial.pacts.local_http import quick_http
from seatrial.pacts.sent import fetch
from seatrial.pacts.strength.answers import Answer, encoded
from seatrial.pacts.verification import Provider, in_state


def record(interaction: Interaction, provider: Provider) -> Answer:
    """Ask a provider what the interaction asks, in its state, and keep the whole answer.

    Raises:
        NoAnswer: there was none.
        ContractBroken: its state or message could not be made.
        UsageError: the provider wasn't given what the interaction needs, or it can't be asked
            without Pact's verifier.
    """
    if interaction.takes_values:
        raise UsageError("its request holds values that only Pact's verifier fills in")
    if missing := provider.lacks(interaction):
        raise UsageError(f"it {missing}")
    urls = (provider.url, provider.states_url, provider.messages_url)
    with quick_http(*(url for url in urls if url)), in_state(interaction, provider):
        if interaction.is_message:
            message = fetch(interaction, str(provider.messages_url), provider.timeout_s)
            metadata = {"contentType": message.content_type, **message.metadata}
            return Answer(message.contents, metadata=metadata)
        return _asked(interaction.document["request"], provider)


def _asked(request: Mapping[str, Any], provider: Provider) -> Answer:
    with httpx.Client(base_url=provider.url, timeout=provider.timeout_s) as client:
        try:
            answer = client.request(
                request.get("method", "GET"),
                str(request.get("path", "/")) + _query(request.get("query") or {}),
                headers=_headers(request.get("headers") or {}),
                content=encoded(request["body"]) if request.get("body") else None,
            )
        except httpx.HTTPError as error:
            raise NoAnswer(f"{provider.name}: {error or type(error).__name__}") from error
    return Answer(answer.content, answer.status_code, tuple(answer.headers.multi_items()))


def _query(query: Mapping[str, Any]) -> str:
    pairs = [(name, "" if v is None else v) for name, values in query.items() for v in values]
    return f"?{urlencode(pairs)}" if pairs else ""


def _headers(headers: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in headers.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
