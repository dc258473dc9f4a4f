"""The project's own checks, next to Schemathesis' own: how a service refuses, and idempotency.

Schemathesis loads them by `schemathesis.toml`; its command line does too.
"""

import itertools
import re
import zlib
from typing import Any

import schemathesis
from schemathesis import Case
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response

KEY = "Idempotency-Key"
# The answers that a key replays.
_REPLAYED = {402, 404, 409}
_MADE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_numbers = itertools.count(1)
SEEDED: dict[str, list[str]] = {}
"""Ids of what is there, by the name of the field or parameter that takes one."""
_prepared: set[str] = set()
repeated: list[str] = []
"""The operations of the requests that were sent again; a check that never ran proves nothing."""


@schemathesis.check
def refuses_well(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """A 5xx is a 503 that says when to ask again; every refusal is a problem with its trace."""
    del ctx
    status = response.status_code
    if status >= 500:
        assert status == 503, f"{case.method} {case.formatted_path} answers {status}"
        assert response.headers.get("retry-after"), "a 503 without Retry-After"
    if status >= 400 and case.method != "HEAD" and case.path != "/health":
        problem = response.json()
        assert problem["status"] == status, problem
        if "idempotent-replayed" not in response.headers:  # then it has the first request's trace
            assert problem["traceId"] == response.headers["x-trace-id"][0], problem
        if not problem["detail"].startswith("This Idempotency-Key"):
            assert bool(problem.get("errors")) == (status == 422), problem
    return None


@schemathesis.check
def repeats_under_a_key(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """The same request under the same key has the same answer, and makes nothing new."""
    del ctx
    key = case.headers.get(KEY) if case.headers else None
    if key is None or not _is_replayed(response.status_code):
        return None
    again = case.call()
    repeated.append(case.operation.label)
    if again.status_code == 409 and response.status_code != 409:
        assert again.headers.get("retry-after"), again.content  # the first still runs
        return None
    assert again.status_code == response.status_code, (response.content, again.content)
    if response.status_code < 400:  # a problem has the trace of its own request
        assert again.content == response.content
    return None


@schemathesis.hook
def before_call(context: Any, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Let a request that breaks nothing name what is there, and have a key that nobody had."""
    del context, kwargs
    if case.id in _prepared:
        return  # it is sent again
    _prepared.add(case.id)
    if case.meta is not None and case.meta.generation.mode.is_positive:
        _name_what_is_there(case)
    takes_one = any(each.name == KEY for each in case.operation.headers)
    if takes_one and KEY not in (case.headers or {}):
        number = next(_numbers)
        if number % 2:  # every second one
            case.headers[KEY] = f"fuzz-{number}"


def _seeded(name: str, value: Any, salt: object) -> Any:
    """Every second time what is there, where something is; the same for the same request.

    An id that a link brought names what is there already, and is another in every run: it stays.
    """
    known = None if _MADE.fullmatch(str(value)) else SEEDED.get(name)
    chance = zlib.crc32(f"{name} {value} {salt}".encode(errors="replace"))
    return known[chance // 2 % len(known)] if known and chance % 2 else value


def _name_what_is_there(case: Case[Any]) -> None:
    case.path_parameters = {
        name: _seeded(name, value, "path") for name, value in (case.path_parameters or {}).items()
    }
    if isinstance(case.body, dict):
        size = len(case.body)
        case.body = {
            name: _seeded(name, value, size) if isinstance(value, str) else value
            for name, value in case.body.items()
        }


def _is_replayed(status: int) -> bool:
    return 200 <= status < 300 or status in _REPLAYED
