"""What a declared policy promises: each check is a pure function from evidence to a finding.

Nothing here opens a socket or reads a clock, so every check is tested against planted evidence.
"""

from seatrial.checks.breaker import (
    ANSWERS_AS_DECLARED_WHILE_AWAY,
    ANSWERS_AS_DECLARED_WHILE_OPEN,
    CAPS_PROBES,
    CLOSES_AFTER_SUCCESSES,
    OPENS_AT_THRESHOLD,
    STAYS_CLOSED_BELOW_THRESHOLD,
    STAYS_OPEN_AS_DECLARED,
    TRIES_AGAIN_AFTER_OPEN_TIME,
)
from seatrial.checks.cache import HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME
from seatrial.checks.check import WireCheck, judge_all
from seatrial.checks.evidence import Attempt, Call, Change, Evidence, Fault, Outcome
from seatrial.checks.finding import Finding
from seatrial.checks.retry import (
    ATTEMPTS_PER_CALL,
    HIDES_SHORT_FAILURES,
    WAITS_ARE_SPREAD,
    WAITS_GROW,
)

__all__ = [
    "ANSWERS_AS_DECLARED_WHILE_AWAY",
    "ANSWERS_AS_DECLARED_WHILE_OPEN",
    "ATTEMPTS_PER_CALL",
    "CAPS_PROBES",
    "CLOSES_AFTER_SUCCESSES",
    "HIDES_SHORT_FAILURES",
    "HIT_SENDS_NOTHING",
    "OPENS_AT_THRESHOLD",
    "SHOWS_CHANGES_IN_TIME",
    "STAYS_CLOSED_BELOW_THRESHOLD",
    "STAYS_OPEN_AS_DECLARED",
    "TRIES_AGAIN_AFTER_OPEN_TIME",
    "WAITS_ARE_SPREAD",
    "WAITS_GROW",
    "Attempt",
    "Call",
    "Change",
    "Evidence",
    "Fault",
    "Finding",
    "Outcome",
    "WireCheck",
    "judge_all",
]
