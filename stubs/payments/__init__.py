"""payments-service: owns the payments, their refunds and the ledger; publishes `payment.events`."""

from stubs.payments import store, tables
from stubs.payments.app import SERVICE, application, create_app
from stubs.payments.schemas import Payment
from stubs.payments.settings import PaymentsSettings

__all__ = [
    "SERVICE",
    "Payment",
    "PaymentsSettings",
    "application",
    "create_app",
    "store",
    "tables",
]
