"""Texts that are of a format: what says so, what to put in their place, how a pact matches them.

A value that a file may not hold (a token, an e-mail address, a card's number) has an example.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

_DATE = r"\d{4}-\d{2}-\d{2}"
_TIME = r"\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?"
_ZONE = r"(?:Z|[+-]\d{2}:?\d{2})"
_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"
_URL = r"https?://\S+"
_CARD = re.compile(r"\d(?:[ -]?\d){12,18}")
_EMAIL_IN = re.compile(_EMAIL)
_BEARER = re.compile(r"(?i)^(?:bearer|basic|token)\s+\S+")
_KEYS = re.compile(
    r"(?i)(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credential|session(?:[_-]?id)?|cookie|jwt|iban|signature|csrf|xsrf"
    r"|(?:^|[_-])(?:auth(?:orization)?|otp|pin|cvv|cvc|ssn))s?$"
)
"""Names of fields, parameters and headers whose value is a secret."""
_NAMED_IN = re.compile(
    r"(?i)((?:password|passwd|secret|token|api[_-]?key)[\"']?(?:\s*[=:>]\s*)[\"']?)"
    r"([^\s\"'<&;,]+)"
)
"""A secret next to its name, in a text."""
_TOKENS_IN = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*|\b[spr]k_(?:live|test)_\w+|\bgh[opsur]_\w{20,}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bxox[abprs]-[\w-]+|\bglpat-[\w-]+"
)
"""Tokens that say by their form what they are."""
_CARD_EXAMPLE = "4111111111111111"
_EMAIL_EXAMPLE = "someone@example.com"
_SECRET_EXAMPLE = "example-secret"  # noqa: S105 - what stands in a secret's place


@dataclass(frozen=True)
class Format:
    """A format of texts."""

    name: str
    regex: str
    alike: tuple[str, str]
    """Two other values of it."""
    generator: Mapping[str, Any] | None = None
    """Makes new ones, by Pact's name."""

    def fits(self, text: str) -> bool:
        """Say whether a text is of it."""
        return re.fullmatch(self.regex, text) is not None


UUID = Format(
    "uuid",
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    ("0b1cd8f4-6c4e-4c7e-8a3d-5c9c3b0f4a11", "9d2f6f0e-1f43-4f0b-9b56-1f8f6b8a2c22"),
    {"type": "Uuid"},
)
FORMATS = (
    UUID,
    Format(
        "datetime",
        rf"{_DATE}[T ]{_TIME}{_ZONE}?",
        ("", ""),  # made of the value: its own precision and zone
    ),
    Format("date", _DATE, ("2031-02-03", "2032-03-04"), {"type": "Date", "format": "yyyy-MM-dd"}),
    Format("time", _TIME, ("11:12:13", "12:13:14"), {"type": "Time", "format": "HH:mm:ss"}),
    Format("email", _EMAIL, ("one@example.org", "other@example.net")),
    Format("url", _URL, ("https://example.org/a", "https://example.net/b")),
    Format("digits", r"\d+", ("70001", "70002")),
    Format("prefixed id", r"[A-Za-z]+[_-][A-Za-z0-9_-]*\d[A-Za-z0-9_-]*", ("", "")),
)


def format_of(text: str) -> Format | None:
    """Return the format of a text, if it has one; its `alike` values are like this very text."""
    for one in FORMATS:
        if one.fits(text):
            return _fitted(one, text)
    return None


def _fitted(one: Format, text: str) -> Format:
    if one.name == "datetime":
        alike = tuple(_moved(text, days) for days in (400, 900))
        pattern = _datetime_format(text)
        generator = {"type": "DateTime", "format": pattern} if pattern else None
        return Format(one.name, one.regex, (alike[0], alike[1]), generator)
    if one.name == "prefixed id":
        prefix = re.match(r"[A-Za-z]+[_-]", text)
        start = prefix[0] if prefix else ""
        regex = rf"{re.escape(start)}[A-Za-z0-9_-]+"
        return Format(one.name, regex, (f"{start}70001", f"{start}70002"))
    return one


def _moved(text: str, days: int) -> str:
    """Return a time some days later, written as this one is."""
    try:
        moment = datetime.strptime(text[:10], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        moment = datetime(2030, 1, 1, tzinfo=UTC)
    return (moment + timedelta(days=days)).strftime("%Y-%m-%d") + text[10:]


def _datetime_format(text: str) -> str | None:
    """Return the form of a time as Java's formatter writes it, which Pact's core takes."""
    found = re.fullmatch(r"[\d-]{10}([T ])\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?", text)
    if found is None:
        return None
    middle = "'T'" if found[1] == "T" else " "
    fraction = f".{'S' * (len(found[2]) - 1)}" if found[2] else ""
    zone = {"": "", "Z": "'Z'"}.get(found[3] or "", "XXX")
    return f"yyyy-MM-dd{middle}HH:mm:ss{fraction}{zone}"


def is_secret_name(name: str) -> bool:
    """Say whether the value of a field, parameter or header of this name is a secret."""
    return _KEYS.search(name) is not None


def without_secrets(value: Any, name: str = "") -> Any:
    """Return a JSON value with an example in each secret's place."""
    if isinstance(value, dict):
        return {key: without_secrets(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_secrets(inner, name) for inner in value]
    if isinstance(value, str):
        return safe_text(value, name)
    if isinstance(value, int) and not isinstance(value, bool):
        if is_secret_name(name) and abs(value) > 9:
            return 1234
        return int(_CARD_EXAMPLE) if _is_card(str(value)) else value
    return value


def safe_text(text: str, name: str = "") -> str:
    """Return a text with an example in the place of what is secret in it."""
    if is_secret_name(name) and text:
        return _SECRET_EXAMPLE
    if _BEARER.match(text):
        return _SECRET_EXAMPLE
    text = _TOKENS_IN.sub(_SECRET_EXAMPLE, text)
    text = _NAMED_IN.sub(lambda found: found[1] + _SECRET_EXAMPLE, text)
    text = _EMAIL_IN.sub(_EMAIL_EXAMPLE, text)
    return _CARD.sub(lambda found: _CARD_EXAMPLE if _is_card(found[0]) else found[0], text)


def safe_path(path: str) -> str:
    """Return a raw path with an example in the place of each secret."""
    return "/".join(
        part if (plain := unquote(part)) == (safe := safe_text(plain)) else quote(safe, safe="")
        for part in path.split("/")
    )


def safe_form(text: str) -> str:
    """Return a form's body, or a query, with an example in the place of each secret."""
    pairs = parse_qsl(text, keep_blank_values=True)
    return urlencode([(name, safe_text(value, name)) for name, value in pairs])


def _is_card(text: str) -> bool:
    digits = [int(digit) for digit in text if digit.isdigit()]
    if not _CARD.fullmatch(text) or digits[0] not in (3, 4, 5, 6, 2):
        return False
    doubled = [d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


Rule = dict[str, Any]


def all_of(*matchers: Mapping[str, Any]) -> Rule:
    """Return a rule that every matcher must accept."""
    return {"combine": "AND", "matchers": [dict(one) for one in matchers]}


def or_null(rule: Rule) -> Rule:
    """Return a rule that accepts null as well."""
    return {"combine": "OR", "matchers": [{"match": "null"}, rule["matchers"][-1]]}
