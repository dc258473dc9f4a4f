"""Evidence as plain text: a call as a curl line to be pasted, its answer, what services printed."""

import re
import shlex
from collections.abc import Iterator

from seatrial.results import Check, HttpExchange, Text

_FROM_ENVIRONMENT = re.compile(r"\{env\.(\w+)\}")


def curl_line(exchange: HttpExchange) -> str:
    """Return the command that makes a call again, as a POSIX shell takes it.

    Headers that come from the environment do so there too, so that no secret is in the line.
    """
    words = ["curl", "-i"]
    if exchange.method != "GET":
        words += ["-X", shlex.quote(exchange.method)]
    words.append(shlex.quote(exchange.url))
    for name, value in exchange.headers.items():
        words += ["-H", _quoted(f"{name}: {value}")]
    if exchange.body:
        words += ["--data-raw", shlex.quote(exchange.body)]
    return " ".join(words)


def answer_text(exchange: HttpExchange) -> str:
    """Return an answer as HTTP writes it."""
    if exchange.status is None:
        return f"no answer after {exchange.took_s:.3f} s: {exchange.answer or 'nobody answered'}"
    head = [f"HTTP {exchange.status}   after {exchange.took_s:.3f} s"]
    head += [f"{name}: {value}" for name, value in exchange.answer_headers.items()]
    return "\n".join([*head, "", exchange.answer]).rstrip()


def evidence_text(check: Check) -> str:
    """Return what a reader without the page needs of a check's evidence."""
    return "\n\n".join([check.explanation, *_parts(check)])


def _parts(check: Check) -> Iterator[str]:
    if check.declared:
        yield "declared:\n" + "\n".join(f"{key} = {value}" for key, value in check.declared.items())
    for one in check.evidence:
        if isinstance(one, HttpExchange):
            yield f"{one.title}:\n{curl_line(one)}\n{answer_text(one)}"
        elif isinstance(one, Text):
            yield f"{one.title}:\n{one.text}"


def _quoted(text: str) -> str:
    """Quote for a shell, but let it put in what comes from the environment."""
    literal, *rest = _FROM_ENVIRONMENT.split(text)
    words = [shlex.quote(literal)]
    for name, after in zip(rest[::2], rest[1::2], strict=True):
        words += [f'"${name}"', shlex.quote(after) if after else ""]
    return "".join(words)
