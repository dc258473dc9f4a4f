"""The cost of contracts: the whole of `pytest contracts`, a mutant, and verifying an interaction.

Ours takes turns with plain pact-python as it comes, which is given all interactions at once. Both
set up and tear down a state for each, over HTTP, and neither loads the certificates that plain HTTP
doesn't need: that takes longer than all else.
"""

import json
import logging
import statistics
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from seatrial.pacts import run_contracts
from seatrial.pacts.files import read_pact
from seatrial.pacts.interactions import Interaction, pact_document
from seatrial.pacts.library import Verifier
from seatrial.pacts.local_http import quick_http
from seatrial.pacts.scratch import written
from seatrial.pacts.verification import Provider, verify_interaction
from seatrial.system import Session

ROOT = Path(__file__).parents[1]
INTERACTIONS = 50
ROUNDS = 5
PASSES = 5
_VERIFY_S = 120.0
SHOWN = (
    "answers",
    "messages",
    "mutants",
    "survived",
    "over_specified",
    "mutant_ms",
    "contracts_s",
)


class _Users(BaseHTTPRequestHandler):
    """Knows every user, and is in every state."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """A user."""
        self._answer({"id": self.path.rpartition("/")[2], "role": "va", "version": 1})

    def do_POST(self) -> None:
        """A state."""
        self.rfile.read(int(self.headers["content-length"]))
        self._answer({})

    def _answer(self, body: object) -> None:
        payload = json.dumps(body).encode()
        head = (
            f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(payload)}"
        )
        self.wfile.write(head.encode() + b"\r\n\r\n" + payload)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def provide() -> None:
    """Serve until killed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Users)
    line = {"event": "listening", "data": {"url": f"http://127.0.0.1:{server.server_port}"}}
    print(json.dumps(line), flush=True)
    server.serve_forever()


def _interactions() -> tuple[Interaction, ...]:
    rules = {"body": {"$.role": {"combine": "AND", "matchers": [{"match": "type"}]}}}
    body = {"content": {"role": "va"}, "contentType": "application/json", "encoded": False}
    entries = [
        {
            "type": "Synchronous/HTTP",
            "description": f"get user {number}",
            "providerStates": [{"name": "a user exists"}],
            "request": {"method": "GET", "path": f"/users/{number}"},
            "response": {"status": 200, "body": body, "matchingRules": rules},
        }
        for number in range(INTERACTIONS)
    ]
    with written(json.dumps(pact_document("web", "users", entries))) as file:
        return read_pact(file).interactions


def ours_ms(interactions: tuple[Interaction, ...], provider: Provider) -> float:
    """Milliseconds for each interaction, verified one by one."""
    began_s = time.perf_counter()
    for interaction in interactions:
        verify_interaction(interaction, provider)
    return (time.perf_counter() - began_s) * 1000 / len(interactions)


def plain_ms(interactions: tuple[Interaction, ...], provider: Provider) -> float:
    """The same with pact-python's verifier alone, given all of them in one file."""
    documents = [interaction.document for interaction in interactions]
    pact = json.dumps(pact_document("web", "users", documents))
    with quick_http(provider.url), written(pact) as file:
        began_s = time.perf_counter()
        verifier = Verifier("users", host="127.0.0.1").add_transport(url=provider.url)
        verifier.add_source(file).state_handler(str(provider.states_url), body=True, teardown=True)
        verifier.verify()
        assert len(verifier.results["interactionResults"]) == len(interactions)
        return (time.perf_counter() - began_s) * 1000 / len(interactions)


def measure(which: str, url: str, file: Path) -> None:
    """Write the milliseconds for each interaction: the best pass, which nothing else disturbed."""
    interactions, provider = _interactions(), Provider("users", url, url + "/states")
    if which == "plain":
        logging.getLogger("pact.ffi").setLevel(logging.NOTSET)  # as it comes
    verify = {"ours": ours_ms, "plain": plain_ms}[which]
    best_ms = min(verify(interactions, provider) for _ in range(PASSES))
    file.write_text(str(best_ms), encoding="utf-8")


def verify_figures(session: Session) -> dict[str, float]:
    """`verify_ms` and `verify_x_pact`, as medians of rounds that take turns.

    Each in a process of its own: Pact's core is set up once for a process, and writes all that it
    does to standard output.
    """
    own = str(Path(__file__).resolve())
    url = str(session.start("provider", ["python", own, "provide"]).wait_listening()["url"])
    file = session.dir / "verify.ms"

    def measured_ms(which: str) -> float:
        process = session.start("verify", ["python", own, which, url, str(file)], cwd=ROOT)
        if process.wait(_VERIFY_S) != 0:
            raise SystemExit(f"the verification could not be measured:\n{process.tail()}")
        return float(file.read_text())

    rounds = [(measured_ms("ours"), measured_ms("plain")) for _ in range(ROUNDS)]
    ours, plain = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratio = statistics.median(ours / plain for ours, plain in rounds)
    return {"verify_ms": ours, "verify_plain_ms": plain, "verify_x_pact": ratio}


def figures() -> dict[str, float]:
    """Measure what the contract tests of this repository find and cost, and a verification."""
    with Session() as session:
        found = run_contracts(session, folder=ROOT / "contracts").figures
        return {name: found[name] for name in SHOWN} | verify_figures(session)


if __name__ == "__main__":
    if sys.argv[1:] == ["provide"]:
        provide()
    elif len(sys.argv) == 4:
        measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    else:
        print(json.dumps(figures(), indent=2))
