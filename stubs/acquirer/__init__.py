"""The acquirer: who moves the money. A fake one, steered by the payment method.

It is a neighbour of payments-service outside the reference system, and outlives it: what it charged
stays charged, whatever becomes of the answer.
"""

from stubs.acquirer import store
from stubs.acquirer.app import SERVICE, AcquirerSettings, application, create_app

__all__ = [
    "SERVICE",
    "AcquirerSettings",
    "application",
    "create_app",
    "store",
]
