"""The cases of every pair, from which the committed pacts are written."""

from contracts.cases import (
    back_office_payments,
    marketplace_payments,
    marketplace_user,
    marketplace_user_events,
    payments_marketplace,
    payments_user,
    web_app_marketplace,
    web_app_proposals,
)
from seatrial.pacts import AnyCase

ALL: tuple[AnyCase, ...] = (
    *back_office_payments.CASES,
    *marketplace_payments.CASES,
    *marketplace_user.CASES,
    *marketplace_user_events.CASES,
    *payments_marketplace.CASES,
    *payments_user.CASES,
    *web_app_marketplace.CASES,
    *web_app_proposals.CASES,
)
TAKEN_AS_WELL: tuple[AnyCase, ...] = (
    *marketplace_user.TAKEN_AS_WELL,
    *marketplace_user_events.TAKEN_AS_WELL,
)
"""Cases that ask no more of a provider, so that they are in no pact."""
