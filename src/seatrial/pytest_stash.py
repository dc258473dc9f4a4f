"""What the plugin's parts leave on a test for each other."""

from typing import Any

import pytest

PROVEN = pytest.StashKey[bool]()
"""Set by what proved something; a contract test without it fails."""
MEASURED = pytest.StashKey[dict[str, Any]]()
"""What a test measured, as plain values for the result."""
