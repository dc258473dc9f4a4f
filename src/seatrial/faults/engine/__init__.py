"""The embedded engine: a TCP proxy with Toxiproxy's HTTP API and toxics, a process of its own.

Run it with `python -m seatrial.faults.engine`. docs/engine-differences.md says where it differs
from the real server on purpose.
"""

import importlib.metadata

SPEAKS = "2.12.0"
"""The Toxiproxy whose API and toxics these are; clients decide by it what they may ask for."""
VERSION = importlib.metadata.version("seatrial")
