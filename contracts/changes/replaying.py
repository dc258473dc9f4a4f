"""The provider's own answers again, altered on their way: a server with one answer at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

from seatrial.pacts import Interaction, Provider, verify_interaction
from seatrial.pacts.answers import Answer, HttpAnswer, MessageAnswer
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.message import METADATA_HEADER, encode_metadata

_POLL_S = 0.01
_OF_A_CONNECTION = {"connection", "content-length", "date", "server", "transfer-encoding"}


@dataclass
class Replay:
    """Verifies interactions against whatever answer it is given."""

    url: str = ""
    answer: Answer | None = None

    def broken(self, interaction: Interaction, answer: Answer) -> str | None:
        """Return how an answer breaks an interaction, by Pact's verifier; None when it holds."""
        self.answer = answer
        document = {**interaction.document, "providerStates": []}
        stateless = Interaction(interaction.consumer, interaction.provider, document)
        provider = Provider(interaction.provider, self.url, messages_url=self.url)
        try:
            verify_interaction(stateless, provider)
        except ContractBroken as failure:
            return failure.explanation
        return None

    def headers(self) -> list[tuple[str, str]]:
        """Those of the answer at hand."""
        if isinstance(self.answer, HttpAnswer):
            return [pair for pair in self.answer.headers if pair[0].lower() not in _OF_A_CONNECTION]
        assert isinstance(self.answer, MessageAnswer)
        metadata = dict(self.answer.metadata)
        content_type = str(metadata.pop("contentType", "application/json"))
        return [("content-type", content_type), (METADATA_HEADER, encode_metadata(metadata))]


@contextmanager
def replay() -> Iterator[Replay]:
    """Serve on loopback within the block."""
    replaying = Replay()

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            answer = replaying.answer
            assert answer is not None
            self.send_response(answer.status if isinstance(answer, HttpAnswer) else 200)
            for name, value in replaying.headers():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the base's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,))
        thread.start()
        replaying.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield replaying
        finally:
            server.shutdown()
            thread.join()
