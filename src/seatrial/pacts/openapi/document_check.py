"""All requests of a provider's consumers next to its document."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from seatrial.errors import UsageError, text_of
from seatrial.pacts.failures import ContractBroken, NoAnswer
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.local_http import quick_http
from seatrial.pacts.openapi.document import Document
from seatrial.pacts.openapi.drift import drift
from seatrial.pacts.openapi.usage import Usage, need
from seatrial.pacts.openapi.validator import Validator
from seatrial.pacts.verification import Provider


@dataclass(frozen=True)
class DocumentCheck:
    """What is not documented, and what is documented and not needed."""

    where: str
    drift: tuple[str, ...]
    """A line each: the interaction, and what the document doesn't say of it."""
    need: Usage

    def as_values(self) -> dict[str, Any]:
        """What a result says of it, as plain values."""
        counts = {k: v for k, v in asdict(self.need).items() if isinstance(v, int)}
        texts = {
            "not documented": "\n".join(self.drift),
            "documented, and needed by no consumer": "\n".join(self.need.unneeded),
        }
        need = self.need
        return {
            "sentence": f"documents all that its consumers ask and expect; they need "
            f"{need.operations_needed} of {need.operations} operations and, of those, "
            f"{need.statuses_needed} of {need.statuses} statuses and "
            f"{need.fields_needed} of {need.fields} fields",
            "facts": {"drift": len(self.drift), **counts},
            "texts": {title: text for title, text in texts.items() if text},
        }

    def require_documented(self) -> None:
        """Fail where consumers rely on what the document doesn't say.

        Raises:
            ContractBroken: they do; it names the first.
        """
        if self.drift:
            first, more = self.drift[0], len(self.drift) - 1
            raise ContractBroken(
                f"{first}{f' (and {more} more)' if more else ''}; document it at {self.where}, or "
                "fix the case",
                "\n".join(self.drift),
            )


def check(interactions: Sequence[Interaction], document: Document) -> DocumentCheck:
    """Hold each interaction against a document, and the document against them all.

    Raises:
        UsageError: a schema of the document is wrong.
    """
    validator = Validator(document)
    found = tuple(
        f"{interaction.subject}: {sentence}"
        for interaction in interactions
        for sentence in drift(interaction, document, validator)
    )
    return DocumentCheck(document.where, found, need(interactions, document))


def fetch(provider: Provider, path: str) -> Document | None:
    """A provider's document; None where it publishes none.

    Raises:
        NoAnswer: the provider gives no answer.
        UsageError: what it answers is no OpenAPI document.
    """
    url = provider.url.rstrip("/") + path
    with quick_http(url), httpx.Client(timeout=provider.timeout_s) as client:
        try:
            answer = client.get(url)
        except httpx.HTTPError as error:
            raise NoAnswer(f"{url} gives no answer: {text_of(error)}") from error
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    try:
        return Document(answer.raise_for_status().json(), url)
    except (httpx.HTTPStatusError, ValueError) as error:
        raise UsageError(f"{url} answers no OpenAPI document: {error}") from None
