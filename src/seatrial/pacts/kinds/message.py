"""A message that the provider sends."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from seatrial.pacts.answers import MessageAnswer
from seatrial.pacts.bodies import encoded
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds.kind import Kind
from seatrial.pacts.matching import BodyJudge, Judge, Refusal, metadata_judge, own_refusal
from seatrial.pacts.provider import Provider, in_state
from seatrial.pacts.sent import fetch, shown
from seatrial.pacts.verifier import new_verifier, run_verifier


class MessageKind(Kind):
    """An asynchronous message."""

    type = "Asynchronous/Messages"
    noun = "message"
    does = "sends the message"
    asks_over_http = False

    def missing(self, document: Mapping[str, Any]) -> str | None:
        """Say that there are no contents, and no metadata that could be verified instead."""
        if "contents" not in document:
            stated = document.get("metadata") or document.get("metaData")
            return None if stated and "content" not in document else "has no contents"
        contents = document["contents"]
        if "type" not in document or contents is None:  # old ones are the contents themselves
            return None
        stated = isinstance(contents, dict) and "content" in contents
        return None if stated else "has no contents"

    def parts(self, document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The interaction itself."""
        yield document

    def example(self, interaction: Interaction) -> MessageAnswer:
        """The message that stands in the pact."""
        document = interaction.document
        return MessageAnswer(encoded(document.get("contents")), document.get("metadata") or {})

    def judge(self, interaction: Interaction) -> Judge:
        """A judge of metadata and contents."""
        document = interaction.document
        rules: Mapping[str, Any] = document.get("matchingRules") or {}
        metadata = {
            name: metadata_judge(name, value, rules.get("metadata") or {})
            for name, value in (document.get("metadata") or {}).items()
        }
        expected = document.get("contents")
        body = None if expected is None else BodyJudge(expected, rules)

        def judge(answer: MessageAnswer) -> Refusal:
            for name, of_field in metadata.items():
                given = answer.metadata
                if refused := of_field(given[name]) if name in given else "is missing":
                    return f"metadata {name}: {refused}"
            return body.refusal(answer.body, answer.content_type) if body else None

        return judge

    def own_refusal(self, document: Mapping[str, Any]) -> str | None:
        """Judge the contents by their own rules."""
        rules, generated = document.get("matchingRules") or {}, document.get("generators") or {}
        refused = own_refusal(document.get("contents"), rules, generated)
        return refused and f"the example of its contents fails its own rule: {refused}"

    def operation(self, interaction: Interaction) -> tuple[object, ...]:
        """Its description."""
        return (interaction.description,)

    def messages(self, interaction: Interaction) -> tuple[str, ...]:
        """This one."""
        return (interaction.description,)

    def lacks(self, provider: Provider) -> str | None:
        """Say that nothing makes the provider send it."""
        if provider.messages_url is not None:
            return None
        return (
            f"is a message, and {provider.name} was given no address that makes it send one; "
            f"add --pact-messages {provider.name}=URL"
        )

    def verify(self, interaction: Interaction, provider: Provider, file: Path) -> None:
        """Let the provider send it once, and show it to the verifier."""
        with in_state(interaction, provider):
            message = fetch(interaction, str(provider.messages_url), provider.timeout_s)
            with shown(message) as port:
                verifier = new_verifier(replace(provider, url="http://127.0.0.1"), file)
                verifier.add_transport(protocol="message", port=port, path="/")
                run_verifier(verifier, interaction, provider)

    def record(self, interaction: Interaction, provider: Provider) -> MessageAnswer:
        """Make the provider send it."""
        message = fetch(interaction, str(provider.messages_url), provider.timeout_s)
        return MessageAnswer(
            message.contents, {"contentType": message.content_type, **message.metadata}
        )
