"""marketplace-service: owns jobs and proposals, and shows users' cards from a cache.

User events keep the cache fresh, and end what deleted users have posted and proposed.
"""

from stubs.marketplace import store
from stubs.marketplace.app import SERVICE, Marketplace, application, create_app
from stubs.marketplace.jobs import JobService
from stubs.marketplace.schemas import Card, CardUser, CreateJob, CreateProposal
from stubs.marketplace.settings import MarketplaceSettings
from stubs.marketplace.user_deletions import UserDeletions
from stubs.marketplace.users import ResilientUsers

__all__ = [
    "SERVICE",
    "Card",
    "CardUser",
    "CreateJob",
    "CreateProposal",
    "JobService",
    "Marketplace",
    "MarketplaceSettings",
    "ResilientUsers",
    "UserDeletions",
    "application",
    "create_app",
    "store",
]
