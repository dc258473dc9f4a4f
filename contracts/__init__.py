"""The expectations of each consumer of the reference system, and the providers held to it."""

from pathlib import Path

PACTS = Path(__file__).parent / "pacts"
"""The committed pacts."""
