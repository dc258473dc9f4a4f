"""Secrets taken out of text that a reader is shown: by the names of what holds them, and by form.

Values of the environment are taken out besides, of the whole result (`seatrial.cli.secrets`).
"""

import re
from collections.abc import Mapping

SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASSW|PWD|CREDENTIAL|AUTH|PRIVATE|CERT|DSN|COOKIE", re.IGNORECASE
)
"""Of variables and headers."""
REDACTED = "[redacted]"
_HARMLESS_HEADERS = ("idempotency-key", "x-trace-id", "traceparent")
_FIELD = re.compile(
    r"""(["']?[\w.-]*(?:api_?-?key|access_?-?key|token|secret|passw(?:or)?d|credential|authorization"""
    r"""|private_?-?key|cookie|session_?-?id)["']?\s*[:=]\s*)"""
    r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?:(?:bearer|basic)\s+)?[^\s,;&"'}\]]+)""",
    re.IGNORECASE,
)
_FORMS = (
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/-]{8,}=*", re.IGNORECASE), rf"\1 {REDACTED}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), REDACTED),
    (re.compile(r"(\w://[^\s:/@\"\\]+:)[^\s/@\"\\]+@"), rf"\1{REDACTED}@"),
)
"""Tokens of HTTP's Authorization, JSON Web Tokens, passwords in URLs."""


def without_forms(text: str) -> str:
    """Take out what looks like a secret wherever it stands; JSON stays JSON."""
    for pattern, shown in _FORMS:
        text = pattern.sub(shown, text)
    return text


def without_secrets(text: str) -> str:
    """Take out the values of fields that are named like secrets, and what looks like one."""
    return without_forms(_FIELD.sub(_replaced, text))


def shown_headers(headers: Mapping[str, str], also: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return headers without the values of those that are secret by their names.

    A value that is taken from the environment, {env.NAME}, says where to get it and stays.

    Args:
        headers: as they are declared, or as they were answered.
        also: names in lower case that are secret besides.
    """

    def shown(name: str, value: str) -> str:
        if "{env." in value or name.lower() in _HARMLESS_HEADERS:
            return value
        secret = name.lower() in also or SECRET_NAME.search(name)
        return REDACTED if secret else without_secrets(value)

    return {name: shown(name, value) for name, value in headers.items()}


def _replaced(found: re.Match[str]) -> str:
    quote = found[2][0] if found[2][0] in "\"'" else ""
    return f"{found[1]}{quote}{REDACTED}{quote}"
