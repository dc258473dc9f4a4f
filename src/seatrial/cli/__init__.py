"""The command line: what a person types, what they see while it works, and the exit code."""

from seatrial.cli.main import app, main

__all__ = ["app", "main"]
