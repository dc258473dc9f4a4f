"""The services' clients: how one service asks another.

The classes have the design's names. Beside them, in `design`, stands the design's own client as a
negative control; it isn't exported here.
"""

from stubs.clients.job_models import JobPosting, Proposal, ProposalRequest
from stubs.clients.marketplace import (
    MarketplaceServiceClient,
    ResilientMarketplaceServiceClient,
)
from stubs.clients.models import Role, SharedUser, UserProfile
from stubs.clients.payment_models import (
    Decline,
    Payment,
    PaymentIntent,
    PaymentIntentRequest,
    PaymentStatus,
    Refund,
)
from stubs.clients.payments import (
    PaymentsServiceClient,
    ResilientPaymentsServiceClient,
    StillRunning,
)
from stubs.clients.refresh import UserCacheRefresher
from stubs.clients.settings import (
    ClientSettings,
    read_client,
    read_marketplace_client,
    read_payments_client,
    read_user_client,
)
from stubs.clients.user import ResilientUserServiceClient, UserServiceClient

__all__ = [
    "ClientSettings",
    "Decline",
    "JobPosting",
    "MarketplaceServiceClient",
    "Payment",
    "PaymentIntent",
    "PaymentIntentRequest",
    "PaymentStatus",
    "PaymentsServiceClient",
    "Proposal",
    "ProposalRequest",
    "Refund",
    "ResilientMarketplaceServiceClient",
    "ResilientPaymentsServiceClient",
    "ResilientUserServiceClient",
    "Role",
    "SharedUser",
    "StillRunning",
    "UserCacheRefresher",
    "UserProfile",
    "UserServiceClient",
    "read_client",
    "read_marketplace_client",
    "read_payments_client",
    "read_user_client",
]
