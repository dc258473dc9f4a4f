"""Errors of a database, distinguished in one place for both kinds."""

from sqlalchemy.exc import DBAPIError


class DatabaseDown(Exception):  # noqa: N818 - what happened, and not an error of ours
    """The database can't be asked now; the text says why. The cause is the driver's own error."""


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's five letters for what went wrong; empty when the server didn't say any."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(inner, "sqlstate", None) or "")


def reason(error: BaseException) -> str:
    """One line for a person, without the statement and its values."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(inner).split()) or type(inner).__name__
