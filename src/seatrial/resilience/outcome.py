"""What a raised error says about the provider: the one place that tells failed from rejected."""

from __future__ import annotations

from enum import Enum

import httpx

from seatrial.resilience.errors import CutShort, NotSent, ProviderFailed, ServiceError

OUR_MISTAKES = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)
"""Transport errors that are made on this side, before anything is sent."""


class Outcome(Enum):
    """What the end of a call says about the provider."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEITHER = "neither"


def outcome_of(error: BaseException) -> Outcome:
    """Judge an error: a 4xx but 429 is an answer; what wasn't sent or waited for says nothing.

    Errors of a kind that is unknown here count as failures.
    """
    if not isinstance(error, Exception) or isinstance(error, (NotSent, CutShort, *OUR_MISTAKES)):
        return Outcome.NEITHER
    if isinstance(error, ServiceError):
        failed = isinstance(error, ProviderFailed)
        return Outcome.FAILURE if failed else Outcome.SUCCESS
    if isinstance(error, httpx.HTTPStatusError):
        return outcome_of_status(error.response.status_code)
    return Outcome.FAILURE


def outcome_of_status(status: int) -> Outcome:
    """Judge a status: 5xx and 429 are failures, everything else was answered."""
    return Outcome.FAILURE if status >= 500 or status == 429 else Outcome.SUCCESS
