"""What a declared policy promises: each check is a pure function from evidence to a finding.

Nothing here opens a socket or reads a clock, so every check is tested against planted evidence.
"""

from seatrial.checks import phases
from seatrial.checks.answers import (
    ANSWERS_AS_DECLARED_WHILE_DOWN,
    BROKEN_SCHEMA_IS_NEVER_GOOD,
    GARBAGE_IS_NEVER_GOOD,
    GOES_ON,
    RECOVERS,
)
from seatrial.checks.batches import (
    SINGLE_FLIGHT,
    WAITERS_SHARE_FAILURE,
)
from seatrial.checks.breaker import (
    ANSWERS_AS_DECLARED_WHILE_OPEN,
    CAPS_PROBES,
    CLOSES_AFTER_SUCCESSES,
    OPENS_AT_THRESHOLD,
    PROBES_AFTER_OPEN_TIME,
    STAYS_CLOSED_BELOW_RATE,
    STAYS_CLOSED_BELOW_THRESHOLD,
    STAYS_OPEN_AS_DECLARED,
)
from seatrial.checks.cache import (
    CAPS_ENTRIES,
    ENTRIES_EXPIRE,
    FAILURES_ARE_NOT_CACHED,
    HIT_SENDS_NOTHING,
    MISSING_IS_FORGOTTEN,
    MOST_ENTRIES,
    NOTHING_TOO_OLD,
    SERVES_HITS_WHILE_OPEN,
    SHOWS_CHANGES_IN_TIME,
    STALE_AS_DECLARED,
)
from seatrial.checks.check import CHECKS, WireCheck, judge_all, untested, where_declared, wire_check
from seatrial.checks.concurrency import CAPS_CONCURRENCY
from seatrial.checks.evidence import (
    SHOWN,
    Attempt,
    Call,
    Change,
    ConcurrentBatch,
    Evidence,
    Fault,
    Outcome,
)
from seatrial.checks.finding import Finding
from seatrial.checks.identity import (
    HIDES_LOST_ANSWERS,
    RIGHT_ENTITY,
    SAME_KEY_ON_EVERY_ATTEMPT,
    TRACE_ON_EVERY_ATTEMPT,
)
from seatrial.checks.interrupted import (
    CANCELLATION_IS_NO_FAILURE,
    LATE_FAILURE_EXTENDS_NOTHING,
    LATE_SUCCESS_CHANGES_NOTHING,
    MISSING_IS_NO_FAILURE,
    REOPENS_ON_FAILED_PROBE,
    SUCCESS_RESETS_COUNT,
)
from seatrial.checks.kinds import (
    COUNTS_EVERY_KIND,
    KINDS,
    RETRIES_EVERY_KIND,
    USUAL_STATUSES,
    FailureKind,
    KindRow,
    kind_rows,
)
from seatrial.checks.limits import (
    ANSWERS_IN_TIME,
    ATTEMPT_TIMEOUT,
    ATTEMPT_TIMEOUT_COVERS_BODY,
    CALL_DEADLINE,
    HANGING_ANSWERS_IN_TIME,
    WAITS_FOR_SLOW_ANSWERS,
)
from seatrial.checks.phases import ScenarioPhase, any_of, flattened
from seatrial.checks.places import (
    PROBES_LEAVE_THEIR_PLACES,
    REFUSAL_IS_NO_FAILURE,
    SHARED_FAILURE_COUNTS_ONCE,
)
from seatrial.checks.rate import (
    CALLS_IN_TIME_ARE_NOT_SLOW,
    RATE_IS_OF_THE_WINDOW,
    SLOW_CALLS_OPEN,
    STAYS_CLOSED_BELOW_MINIMUM,
)
from seatrial.checks.refusals import (
    AMPLIFICATION_IS_BOUNDED,
    ENDS_AT_LONG_RETRY_AFTER,
    FAILS_FAST_WHILE_OPEN,
    HONOURS_RETRY_AFTER,
    HONOURS_RETRY_AFTER_DATES,
    NEVER_REPEATS_UNSAFE,
    NEVER_RETRIES_REFUSALS,
    RETRIES_ARE_BUDGETED,
)
from seatrial.checks.retry import (
    ATTEMPTS_PER_CALL,
    HIDES_SHORT_FAILURES,
    WAITS_ARE_SPREAD,
    WAITS_GROW,
)
from seatrial.checks.tolerance import tolerance_s, with_slack

__all__ = [
    "AMPLIFICATION_IS_BOUNDED",
    "ANSWERS_AS_DECLARED_WHILE_DOWN",
    "ANSWERS_AS_DECLARED_WHILE_OPEN",
    "ANSWERS_IN_TIME",
    "ATTEMPTS_PER_CALL",
    "ATTEMPT_TIMEOUT",
    "ATTEMPT_TIMEOUT_COVERS_BODY",
    "BROKEN_SCHEMA_IS_NEVER_GOOD",
    "CALLS_IN_TIME_ARE_NOT_SLOW",
    "CALL_DEADLINE",
    "CANCELLATION_IS_NO_FAILURE",
    "CAPS_CONCURRENCY",
    "CAPS_ENTRIES",
    "CAPS_PROBES",
    "CHECKS",
    "CLOSES_AFTER_SUCCESSES",
    "COUNTS_EVERY_KIND",
    "ENDS_AT_LONG_RETRY_AFTER",
    "ENTRIES_EXPIRE",
    "FAILS_FAST_WHILE_OPEN",
    "FAILURES_ARE_NOT_CACHED",
    "GARBAGE_IS_NEVER_GOOD",
    "GOES_ON",
    "HANGING_ANSWERS_IN_TIME",
    "HIDES_LOST_ANSWERS",
    "HIDES_SHORT_FAILURES",
    "HIT_SENDS_NOTHING",
    "HONOURS_RETRY_AFTER",
    "HONOURS_RETRY_AFTER_DATES",
    "KINDS",
    "LATE_FAILURE_EXTENDS_NOTHING",
    "LATE_SUCCESS_CHANGES_NOTHING",
    "MISSING_IS_FORGOTTEN",
    "MISSING_IS_NO_FAILURE",
    "MOST_ENTRIES",
    "NEVER_REPEATS_UNSAFE",
    "NEVER_RETRIES_REFUSALS",
    "NOTHING_TOO_OLD",
    "OPENS_AT_THRESHOLD",
    "PROBES_AFTER_OPEN_TIME",
    "PROBES_LEAVE_THEIR_PLACES",
    "RATE_IS_OF_THE_WINDOW",
    "RECOVERS",
    "REFUSAL_IS_NO_FAILURE",
    "REOPENS_ON_FAILED_PROBE",
    "RETRIES_ARE_BUDGETED",
    "RETRIES_EVERY_KIND",
    "RIGHT_ENTITY",
    "SAME_KEY_ON_EVERY_ATTEMPT",
    "SERVES_HITS_WHILE_OPEN",
    "SHARED_FAILURE_COUNTS_ONCE",
    "SHOWN",
    "SHOWS_CHANGES_IN_TIME",
    "SINGLE_FLIGHT",
    "SLOW_CALLS_OPEN",
    "STALE_AS_DECLARED",
    "STAYS_CLOSED_BELOW_MINIMUM",
    "STAYS_CLOSED_BELOW_RATE",
    "STAYS_CLOSED_BELOW_THRESHOLD",
    "STAYS_OPEN_AS_DECLARED",
    "SUCCESS_RESETS_COUNT",
    "TRACE_ON_EVERY_ATTEMPT",
    "USUAL_STATUSES",
    "WAITERS_SHARE_FAILURE",
    "WAITS_ARE_SPREAD",
    "WAITS_FOR_SLOW_ANSWERS",
    "WAITS_GROW",
    "Attempt",
    "Call",
    "Change",
    "ConcurrentBatch",
    "Evidence",
    "FailureKind",
    "Fault",
    "Finding",
    "KindRow",
    "Outcome",
    "ScenarioPhase",
    "WireCheck",
    "any_of",
    "flattened",
    "judge_all",
    "kind_rows",
    "phases",
    "tolerance_s",
    "untested",
    "where_declared",
    "wire_check",
    "with_slack",
]
