"""A message as the provider sent it: fetched once, then shown to Pact's verifier.

The verifier would fetch it itself, and take whatever it gets for the message: the status of the
answer means nothing to it, so that an error could pass for what was to be sent.
"""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx

from seatrial.errors import text_of
from seatrial.pacts.failures import ContractBroken, MessageFailed, NoAnswer
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.message import METADATA_HEADER, Message, decode_metadata, encode_metadata
from seatrial.pacts.posting import post, problem_of

_POLL_S = 0.01
"""How soon the server sees that it shall end."""


def fetch(interaction: Interaction, url: str, timeout_s: float) -> Message:
    """Make the provider send the message of an interaction, once.

    Raises:
        NoAnswer: there was none within the time.
        MessageFailed: it could not be sent; the output is the producer's own traceback.
    """
    what = f"the message {interaction.description!r} of {interaction.provider}"
    body = {"description": interaction.description, "providerStates": list(interaction.states)}
    try:
        answer = post(url, body, timeout_s)
    except httpx.HTTPError as error:
        raise NoAnswer(f"{what} was not sent to {url}: {text_of(error)}") from error
    if not answer.is_success:
        detail, trace = problem_of(answer)
        raise MessageFailed(f"{what} failed with status {answer.status_code}: {detail}", trace)
    try:
        metadata = decode_metadata(answer.headers.get(METADATA_HEADER, ""))
    except ValueError as error:
        raise ContractBroken(
            f"{what} came with a header {METADATA_HEADER} that isn't base64 of a JSON object: "
            f"{error}"
        ) from error
    return Message(answer.content, metadata, answer.headers.get("content-type", ""))


@contextlib.contextmanager
def shown(message: Message) -> Iterator[int]:
    """Answer every POST on a port of loopback with this message; yields the port."""
    headers = {METADATA_HEADER: encode_metadata(message.metadata)}
    if message.content_type:
        headers["content-type"] = message.content_type

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(message.contents)))
            self.end_headers()
            self.wfile.write(message.contents)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
