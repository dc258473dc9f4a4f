"""The judgements of the core, the specification and each of our parts on a case."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from contracts.changes.replaying import Replay
from seatrial.errors import UsageError
from seatrial.pacts.answers import Answer, HttpAnswer, MessageAnswer
from seatrial.pacts.bodies import encoded
from seatrial.pacts.files import PactFile
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import header_lines, kind_of
from seatrial.pacts.local_http import quick_http
from seatrial.pacts.message import Message
from seatrial.pacts.provider import Provider
from seatrial.pacts.scratch import written
from seatrial.pacts.sent import shown
from seatrial.pacts.stub.serving import PactStub
from seatrial.pacts.verifier import new_verifier
from tests.spec.cases import SpecCase


@dataclass(frozen=True)
class Opinions:
    """True where a part says that the actual matches the expected."""

    case: SpecCase
    ours: dict[str, bool]
    """Stub, or judge and verification."""
    core: bool | None
    """The core's verifier, given the file as it is; it can't be given a request."""
    refused: str = ""
    """Why we don't read the case, instead of an opinion."""

    @property
    def disagreements(self) -> dict[str, bool]:
        """Those of ours that say something else than the core, or the specification without it."""
        right = self.case.match if self.core is None else self.core
        return {name: said for name, said in self.ours.items() if said is not right}


def opinions(case: SpecCase, replaying: Replay) -> Opinions:
    """Put a case before all of them."""
    try:
        expected = case.read(case.expected)
        actual = case.read(case.actual)
    except UsageError as error:
        return Opinions(case, {}, None, str(error))
    if case.part == "request":
        return Opinions(case, {"stub": served(expected, actual) is not None}, None)
    kind = kind_of(expected)
    answer = kind.example(actual)
    judged = kind.judge(expected)(answer) is None
    verified = replaying.broken(expected, answer) is None
    core = _core(case, answer, replaying, _type_of(actual))
    return Opinions(case, {"judge": judged, "verification": verified}, core)


def served(expected: Interaction, actual: Interaction) -> HttpAnswer | None:
    """The answer of one interaction's stub to the request of another; None where it isn't its."""
    return asyncio.run(_served(expected, actual))


async def _served(expected: Interaction, actual: Interaction) -> HttpAnswer | None:
    request = actual.document["request"]
    pairs = [(n, v or "") for n, values in (request.get("query") or {}).items() for v in values]
    stub = PactStub(PactFile(Path("case.json"), "consumer", "provider", (expected,)))
    transport = httpx.ASGITransport(app=stub)
    async with httpx.AsyncClient(transport=transport, base_url="http://stub") as client:
        headers = list(header_lines(request.get("headers") or {}))
        made = client.build_request(
            request["method"],
            request["path"] or "/",
            params=httpx.QueryParams(pairs) if pairs else None,
            content=encoded(request.get("body")) or None,
        )
        made.headers = httpx.Headers([("host", "stub"), *headers])
        answer = await client.send(made)
    await stub.close()
    if "x-seatrial-interaction" not in answer.headers:
        return None
    return HttpAnswer(answer.content, answer.status_code, tuple(answer.headers.multi_items()))


def _type_of(message: Interaction) -> str:
    return str((message.document.get("contents") or {}).get("contentType") or "")


def _core(case: SpecCase, answer: Answer, replaying: Replay, typed: str) -> bool:
    """Give the core's own verifier the file as the specification has it."""
    replaying.answer = answer
    provider = Provider("provider", replaying.url)
    with (
        quick_http(provider.url),
        written(json.dumps(case.document(case.expected))) as file,
        contextlib.ExitStack() as stack,
    ):
        if isinstance(answer, MessageAnswer):
            metadata = dict(answer.metadata)
            kind = str(metadata.pop("contentType", typed))
            port = stack.enter_context(shown(Message(answer.body, metadata, kind)))
            verifier = new_verifier(replace(provider, url="http://127.0.0.1"), file)
            verifier.add_transport(protocol="message", port=port, path="/")
        else:
            assert isinstance(answer, HttpAnswer)
            verifier = new_verifier(provider, file).add_transport(url=provider.url)
        with contextlib.suppress(RuntimeError):
            verifier.verify()
    results = verifier.results["interactionResults"]
    return len(results) == 1 and results[0]["result"] == "OK"
