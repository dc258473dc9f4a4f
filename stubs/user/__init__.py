"""user-service: owns the users and publishes their changes on `user.events`."""

from stubs.user import store
from stubs.user.app import SERVICE, UserSettings, application, create_app
from stubs.user.schemas import CreateUser, PatchUser
from stubs.user.service import UserService

__all__ = [
    "SERVICE",
    "CreateUser",
    "PatchUser",
    "UserService",
    "UserSettings",
    "application",
    "create_app",
    "store",
]
