"""Policies for calls to other services: cache, breaker, retry, deadline, budget.

Imports httpx and the standard library alone. The policies' options are frozen values
(`BreakerPolicy`, …), the policies hold the state (`CircuitBreaker`, …), `compose` puts them around
a call in the order given, `ResilientTransport` under an httpx client.

`seatrial.resilience.testing` has what tests of one's own policies need; it is imported on demand.
"""

from seatrial.resilience.breaker import BreakerSnapshot, CircuitBreaker, Permit
from seatrial.resilience.budget import RetryBudget
from seatrial.resilience.cache import Cache, CacheSnapshot
from seatrial.resilience.compose import Composition, Policy, compose
from seatrial.resilience.deadline import (
    HEADER,
    Deadline,
    current,
    deadline_headers,
    until,
)
from seatrial.resilience.entry import UNVERSIONED, Lookup
from seatrial.resilience.errors import (
    BadAnswer,
    CircuitOpen,
    CutShort,
    NotSent,
    OutOfTime,
    Overloaded,
    ProviderFailed,
    Rejected,
    ServiceError,
    TimedOut,
    Unavailable,
)
from seatrial.resilience.events import (
    CacheRead,
    CallRefused,
    Event,
    Events,
    GaveUp,
    Loaded,
    Retried,
    StateChanged,
    TrustChanged,
)
from seatrial.resilience.http import error_of_exception, error_of_response, retry_after_s, send
from seatrial.resilience.operation import ANONYMOUS, Operation
from seatrial.resilience.outcome import Outcome, outcome_of, outcome_of_status
from seatrial.resilience.periods import State
from seatrial.resilience.policies import (
    BreakerPolicy,
    CachePolicy,
    RetryBudgetPolicy,
    RetryPolicy,
    WindowPolicy,
)
from seatrial.resilience.retry import Retry, retryable
from seatrial.resilience.transport import ResilientTransport

__all__ = [
    "ANONYMOUS",
    "HEADER",
    "UNVERSIONED",
    "BadAnswer",
    "BreakerPolicy",
    "BreakerSnapshot",
    "Cache",
    "CachePolicy",
    "CacheRead",
    "CacheSnapshot",
    "CallRefused",
    "CircuitBreaker",
    "CircuitOpen",
    "Composition",
    "CutShort",
    "Deadline",
    "Event",
    "Events",
    "GaveUp",
    "Loaded",
    "Lookup",
    "NotSent",
    "Operation",
    "OutOfTime",
    "Outcome",
    "Overloaded",
    "Permit",
    "Policy",
    "ProviderFailed",
    "Rejected",
    "ResilientTransport",
    "Retried",
    "Retry",
    "RetryBudget",
    "RetryBudgetPolicy",
    "RetryPolicy",
    "ServiceError",
    "State",
    "StateChanged",
    "TimedOut",
    "TrustChanged",
    "Unavailable",
    "WindowPolicy",
    "compose",
    "current",
    "deadline_headers",
    "error_of_exception",
    "error_of_response",
    "outcome_of",
    "outcome_of_status",
    "retry_after_s",
    "retryable",
    "send",
    "until",
]
