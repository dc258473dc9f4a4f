"""Policies for calls to other services: cache, breaker, retry, deadline, budget.

Imports httpx and the standard library alone. The policies' options are frozen values
(`BreakerPolicy`, …), the policies hold the state (`CircuitBreaker`, …), `compose` puts them around
a call in the order given, `ResilientTransport` under an httpx client.

This is all that other packages import, but for two packages that come on demand:
`seatrial.resilience.testing`, for tests of one's own policies, and `seatrial.resilience.adapters`,
for metrics.
"""

from seatrial.resilience._entry import UNVERSIONED, CacheSnapshot, Lookup
from seatrial.resilience._states import CircuitState
from seatrial.resilience.breaker import BreakerSnapshot, CircuitBreaker, Permit
from seatrial.resilience.budget import RetryBudget
from seatrial.resilience.cache import Cache
from seatrial.resilience.classification import Classification, classify, classify_status
from seatrial.resilience.composition import Composition, Policy, compose
from seatrial.resilience.deadline import (
    DEADLINE_HEADER,
    Deadline,
    current_deadline,
    deadline_headers,
    deadline_scope,
)
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
from seatrial.resilience.operation import ANONYMOUS, AsyncCall, Operation, WrappedCall
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
    "DEADLINE_HEADER",
    "UNVERSIONED",
    "AsyncCall",
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
    "CircuitState",
    "Classification",
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
    "StateChanged",
    "TimedOut",
    "TrustChanged",
    "Unavailable",
    "WindowPolicy",
    "WrappedCall",
    "classify",
    "classify_status",
    "compose",
    "current_deadline",
    "deadline_headers",
    "deadline_scope",
    "error_of_exception",
    "error_of_response",
    "retry_after_s",
    "retryable",
    "send",
]
