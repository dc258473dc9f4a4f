"""What a pact's matchers say of an answer: Pact's own rules, in process, without its verifier.

Bodies are matched by Pact's core. So is each header value and status that has rules of its own: it
is given to the core as a text with those rules, which is how the core itself compares them. What is
left, headers without rules, is a few comparisons; a test holds all of it to the verifier.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from typing import Any

from seatrial.pacts.bodies import content_type_of, encoded, is_multipart, is_text, media_type
from seatrial.pacts.library import pact_ffi

Refusal = str | None
"""Why the matchers refuse, in a sentence; None when they accept."""

_LISTS = frozenset(
    (
        "accept",
        "accept-encoding",
        "accept-language",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-expose-headers",
        "access-control-request-headers",
        "allow",
        "cache-control",
        "if-match",
        "if-none-match",
        "vary",
    )
)
"""Headers that Pact takes apart at commas."""
_PARAMETERS = frozenset(("accept", "content-type", "contenttype"))
"""Headers, and the field of a message, in which more parameters may follow than were expected."""


_REQUEST = pact_ffi.InteractionPart.REQUEST
_TYPE = "content-type"
Judge = Callable[[Any], Refusal]
"""Judges an answer, or a part of one."""


class _Core:
    """A text or a document with its rules, held by Pact's core for as long as this lives."""

    def __init__(self, contents: bytes, content_type: str, rules: Mapping[str, Any] | None) -> None:
        # The interaction's handle is good only as long as its pact's.
        self._pact = pact_ffi.new_pact("consumer", "provider")
        pact_ffi.with_specification(self._pact, pact_ffi.PactSpecification.V4)
        self._handle = pact_ffi.new_sync_message_interaction(self._pact, "answer")
        response = pact_ffi.InteractionPart.RESPONSE
        pact_ffi.with_binary_body(self._handle, response, content_type, contents)
        if rules:
            pact_ffi.with_matching_rules(self._handle, response, json.dumps({"body": rules}))

    def refusal(self, contents: str) -> Refusal:
        found = pact_ffi.sync_message_match_response_contents(self._handle, 0, None, contents)
        return _sentence(found[0]) if found else None


class _ServedCore:
    """Bytes or parts with their rules: the core judges these in the request to a mock server."""

    def __init__(self, contents: bytes, content_type: str, rules: Mapping[str, Any]) -> None:
        self._pact = pact_ffi.new_pact("consumer", "provider")
        pact_ffi.with_specification(self._pact, pact_ffi.PactSpecification.V4)
        handle, part = pact_ffi.new_interaction(self._pact, "answer"), _REQUEST
        pact_ffi.with_request(handle, "POST", "/")
        pact_ffi.with_binary_body(handle, part, content_type, contents)
        typed = {n: r for n, r in (rules.get("header") or {}).items() if n.lower() == _TYPE}
        own = {"body": rules.get("body") or rules.get("content") or {}, "header": typed}
        pact_ffi.with_matching_rules(handle, part, json.dumps(own))
        self._type = content_type
        self._server = pact_ffi.create_mock_server_for_transport(
            self._pact, "127.0.0.1", 0, "http", None
        )
        self._seen = 0

    def refusal(self, contents: bytes, content_type: str | None) -> Refusal:
        asked = HTTPConnection("127.0.0.1", self._server.port)
        try:
            asked.request("POST", "/", contents, {_TYPE: content_type or self._type})
            asked.getresponse().read()
        finally:
            asked.close()
        found = pact_ffi.mock_server_mismatches(self._server)
        of_this, self._seen = found[self._seen :], len(found)
        faults = [fault for one in of_this for fault in one.get("mismatches") or ()]
        return _sentence(faults[0]) if faults else None


def _sentence(mismatch: Mapping[str, Any]) -> str:
    where = f"{mismatch['path']}: " if mismatch.get("path") else ""
    return f"{where}{mismatch.get('mismatch', mismatch)}"


class BodyJudge:
    """Judges a body."""

    def __init__(self, body: Mapping[str, Any], rules: Mapping[str, Any]) -> None:
        self._expected = encoded(body)
        self._null = body.get("content") is None
        kind = content_type_of(body)
        self._kind = _base(kind)
        contents = rules.get("body") or rules.get("content") or {}
        in_parts = is_multipart(kind)
        self._core: _Core | _ServedCore = (
            _ServedCore(self._expected, kind, rules)
            if in_parts or (contents and not is_text(self._expected))
            else _Core(self._expected, kind, contents)
        )

    def refusal(self, body: bytes, content_type: str | None) -> Refusal:
        """Say why the rules refuse a body, or None."""
        kind = _base(content_type)
        if not self._expected and not self._null:
            return None  # an empty text: the core compares nothing with it
        if not self._expected:
            return f"expected no body, and there are {len(body)} bytes" if body else None
        if not body:
            return "expected a body, and there is none"
        if kind and kind != self._kind:
            return f"expected a body of {self._kind}, and it is {kind}"
        if isinstance(self._core, _ServedCore):
            return self._core.refusal(body, content_type)
        if is_text(body):
            return self._core.refusal(body.decode())
        return None if body == self._expected else "the body isn't the expected bytes"


def own_refusal(
    body: Mapping[str, Any] | None, rules: Mapping[str, Any], generated: Mapping[str, Any]
) -> Refusal:
    """Say why the rules of a body refuse the body that they stand next to, or None.

    One that a generator fills in can't be judged; bytes are left to the verification, but for
    multipart ones, whose parts the core has to find.
    """
    if body is None or "body" in generated:
        return None
    example, in_parts = encoded(body), is_multipart(content_type_of(body))
    ruled = is_text(example) and (rules.get("body") or rules.get("content"))
    if not example or not (ruled or in_parts):
        return None
    return BodyJudge(body, rules).refusal(example, content_type_of(body))


def _base(content_type: object) -> str:
    """What a body of this type is compared as."""
    kind = media_type(content_type if isinstance(content_type, str) else None)
    main, _, suffix = kind.partition("+")
    return f"application/{suffix}" if suffix and main.startswith("application/") else kind


def header_values(name: str, values: Sequence[str]) -> list[str] | None:
    """The values of a header as Pact compares them; None where there is none."""
    if not values:
        return None
    if name.lower() not in _LISTS:
        return [value.strip() for value in values]
    return [part.strip() for value in values for part in value.split(",")]


def text_judge(expected: str, rules: Mapping[str, Any] | None) -> Callable[[str], Refusal]:
    """A judge of one text: by its rules, where it has any, else by being the same."""
    if not rules:
        return lambda actual: None if actual == expected else f"{actual!r} is not {expected!r}"
    return _Core(expected.encode(), "text/plain", {"$": rules}).refusal


def header_judge(
    name: str, expected: Sequence[str] | str, rules: Mapping[str, Any]
) -> Callable[[list[str]], Refusal]:
    """A judge of the values of a header."""
    values = header_values(name, [expected] if isinstance(expected, str) else expected) or []
    own = next((rule for key, rule in rules.items() if key.lower() == name.lower()), None)
    plain = _parameters if name.lower() in _PARAMETERS else _spaced
    judges = [text_judge(value, own) if own else plain(value) for value in values]

    def judge(actual: list[str]) -> Refusal:
        if len(actual) < len(judges):
            return f"expected {len(judges)} values, and there are {len(actual)}"
        if not own and len(actual) > len(judges):
            return f"expected {len(judges)} values, and there are {len(actual)}"
        # Where rules are for every value, those that are one too many are held to the last.
        for position, value in enumerate(actual):
            refused = judges[min(position, len(judges) - 1)](value)
            if refused:
                return refused
        return None

    return judge


def metadata_judge(
    name: str, expected: object, rules: Mapping[str, Any]
) -> Callable[[Any], Refusal]:
    """A judge of a field of a message's metadata."""
    own = rules.get(name) or rules.get(f"$.{name}")
    if not isinstance(expected, str):
        return lambda actual: None if actual == expected else f"{actual!r} is not {expected!r}"
    text = (
        text_judge(expected, own)
        if own
        else (_parameters if name.lower() in _PARAMETERS else _value_alone)(expected)
    )
    return lambda actual: text(actual) if isinstance(actual, str) else f"{actual!r} is no text"


def _value_alone(expected: str) -> Callable[[str], Refusal]:
    return text_judge(expected, None)


def _spaced(expected: str) -> Callable[[str], Refusal]:
    """The same but for the spaces after commas."""

    def spaced(text: str) -> str:
        return ",".join(part.strip() for part in text.split(","))

    judge = text_judge(spaced(expected), None)
    return lambda actual: judge(spaced(actual))


def _parameters(expected: str) -> Callable[[str], Refusal]:
    """The same type, and at least the expected parameters, these in any case."""
    kind, wanted = _taken_apart(expected)

    def judge(actual: str) -> Refusal:
        other, given = _taken_apart(actual)
        missing = [key for key, value in wanted.items() if given.get(key) != value]
        return f"{actual!r} is not {expected!r}" if kind != other or missing else None

    return judge


def _taken_apart(value: str) -> tuple[str, dict[str, str]]:
    parts = [part.strip() for part in value.split(";") if part.strip()]
    pairs = (part.partition("=") for part in parts[1:])
    return (parts[0] if parts else ""), {k.strip(): v.strip().lower() for k, _, v in pairs}
