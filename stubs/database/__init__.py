"""A service's own database: SQLite in a file, or PostgreSQL; which one, `DATABASE_URL` says."""

from stubs.database.database import Database
from stubs.database.errors import DatabaseDown
from stubs.database.schema import Schema

__all__ = ["Database", "DatabaseDown", "Schema"]
