"""Pact's own verifier as a judge: one run over many answers to one interaction each."""

import base64
import contextlib
import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from seatrial.pacts.answers import Answer, HttpAnswer, MessageAnswer
from seatrial.pacts.interactions import Interaction, pact_document
from seatrial.pacts.library import Verifier
from seatrial.pacts.local_http import quick_http

Pairs = Sequence[tuple[Interaction, Answer]]


def accepted(pairs: Pairs, folder: Path) -> list[bool]:
    """For each interaction and answer, whether the verifier accepts it.

    The interactions must be all messages or all requests. Each is verified under a name and at a
    path of its own; what is asked is no part of what is judged.
    """
    entries = [_named(number, interaction) for number, (interaction, _) in enumerate(pairs)]
    file = folder / "all.json"
    file.write_text(json.dumps(pact_document("consumer", "provider", entries)), encoding="utf-8")
    with _server([answer for _, answer in pairs]) as port:
        verifier = Verifier("provider", host="127.0.0.1").add_source(file)
        verifier.follow_redirects(False).set_coloured_output(enabled=False)
        if isinstance(pairs[0][1], MessageAnswer):
            verifier.add_transport(protocol="message", port=port, path="/")
        else:
            verifier.add_transport(url=f"http://127.0.0.1:{port}")
        with quick_http("http://127.0.0.1"), contextlib.suppress(RuntimeError):
            verifier.verify()
    results = {
        result["description"]: result["result"] == "OK"
        for result in verifier.results["interactionResults"]
    }
    assert len(results) == len(pairs)
    return [results[f"number {number}"] for number in range(len(pairs))]


def _named(number: int, interaction: Interaction) -> dict[str, Any]:
    entry = {key: v for key, v in interaction.document.items() if key != "providerStates"}
    entry["description"] = f"number {number}"
    if "response" in entry:
        entry["request"] = {"method": "GET", "path": f"/{number}"}
    return entry


@contextlib.contextmanager
def _server(answers: Sequence[Answer]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = answers[int(self.path.strip("/"))]
            assert isinstance(answer, HttpAnswer)
            self._send(answer.status, answer.headers, answer.body)

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            answer = answers[int(asked["description"].removeprefix("number "))]
            assert isinstance(answer, MessageAnswer)
            metadata = base64.b64encode(json.dumps(dict(answer.metadata)).encode()).decode()
            kind = answer.metadata.get("contentType")
            typed = [("content-type", str(kind))] if kind else []
            self._send(200, [("pact-message-metadata", metadata), *typed], answer.body)

        def _send(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
