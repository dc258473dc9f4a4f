"""The services' clients: how one service asks another.

The classes have the design's names. Beside them, in `design`, stands the design's own client as a
negative control; it isn't exported here.
"""

from stubs.clients.models import Role, SharedUser, UserProfile
from stubs.clients.refresh import UserCacheRefresher
from stubs.clients.settings import ClientSettings, read_user_client
from stubs.clients.user import ResilientUserServiceClient, UserServiceClient

__all__ = [
    "ClientSettings",
    "ResilientUserServiceClient",
    "Role",
    "SharedUser",
    "UserCacheRefresher",
    "UserProfile",
    "UserServiceClient",
    "read_user_client",
]
