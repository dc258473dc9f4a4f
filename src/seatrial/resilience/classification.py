"""Classify a raised error by what it says about the provider: failed, answered, or neither."""

from __future__ import annotations

from enum import Enum

import httpx

from seatrial.resilience.errors import CutShort, NotSent, ProviderFailed, ServiceError

CALLERS_MISTAKES = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)
"""Transport errors that are made on this side, before anything is sent."""


class Classification(Enum):
    """The end of a call, as far as it concerns the provider."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"


def classify(error: BaseException) -> Classification:
    """Classify an error: a 4xx but 429 is an answer; what wasn't sent or waited for says nothing.

    Errors of a kind that is unknown here count as failures.
    """
    if not isinstance(error, Exception) or isinstance(
        error, (NotSent, CutShort, *CALLERS_MISTAKES)
    ):
        return Classification.NEUTRAL
    if isinstance(error, ServiceError):
        failed = isinstance(error, ProviderFailed)
        return Classification.FAILURE if failed else Classification.SUCCESS
    if isinstance(error, httpx.HTTPStatusError):
        return classify_status(error.response.status_code)
    return Classification.FAILURE


def classify_status(status: int) -> Classification:
    """Classify a status: 5xx and 429 are failures, everything else was answered."""
    return Classification.FAILURE if status >= 500 or status == 429 else Classification.SUCCESS
