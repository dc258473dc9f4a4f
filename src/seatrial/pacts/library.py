"""pact-python as this package uses it: the one place that imports it, and that fixes it."""

import builtins
import logging
import os
from typing import Any

from seatrial.errors import UsageError

# Its core reports every use to an analytics service unless this says otherwise.
os.environ.setdefault("PACT_DO_NOT_TRACK", "true")

_import = builtins.__import__
try:
    import pact_ffi
    from pact import Pact, Verifier, match
    from pact.error import Mismatch
    from pact.interaction import HttpInteraction, Interaction
    from pact.match.matcher import AbstractMatcher, AndMatcher, GenericMatcher
    from pact.types import Unset
except ImportError as error:  # pragma: no cover - the tests' environment has it
    raise UsageError(
        "pact-python isn't installed; pip install 'seatrial[pact]' brings it"
    ) from error

# It warns of names that are imported from its modules, at the cost of every import in a function.
builtins.__import__ = _import

# What went wrong stands in the results. Its core would call back into Python for each step that
# went well, six times an interaction.
_core = logging.getLogger("pact.ffi")
if _core.level == logging.NOTSET:
    _core.setLevel(logging.ERROR)

__all__ = [
    "AbstractMatcher",
    "GenericMatcher",
    "HttpInteraction",
    "Interaction",
    "Mismatch",
    "Pact",
    "Unset",
    "Verifier",
    "match",
    "pact_ffi",
]


def _with_its_example(both: AndMatcher[Any]) -> dict[str, Any]:
    """What `a & b` should write: pact-python 4.2 leaves the example out, and it becomes null."""
    example = both._value
    if isinstance(example, Unset):
        raise TypeError("a & b needs an example: give one of the matchers a value")
    rules = [matcher.to_integration_json() for matcher in both._matchers]
    return {"pact:matcher:type": rules, "value": example}


AndMatcher.to_integration_json = _with_its_example  # type: ignore[assignment, method-assign]
