"""The committed pact next to the one that the consumer's tests produce now."""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seatrial.pacts.book import as_text
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.files import read_pact

_MEND = "look at the difference, and take it over with `pytest contracts --pact-update`"


def compare(produced: Mapping[str, Any], path: Path) -> None:
    """Hold a committed pact against what the consumer's tests produced.

    Raises:
        ContractBroken: they differ, or it was never committed; the output is the difference.
        UsageError: the committed file can't be read.
    """
    if not path.exists():
        raise ContractBroken(f"{path} is not there; write it with `pytest contracts --pact-update`")
    read_pact(path)
    committed = json.loads(path.read_bytes())
    if committed == produced:
        return
    difference = difflib.unified_diff(
        as_text(committed).splitlines(),
        as_text(produced).splitlines(),
        f"committed {path.name}",
        "produced by the consumer's tests",
        lineterm="",
        n=2,
    )
    raise ContractBroken(
        f"{path} is not what the consumer's tests produce; {_MEND}", "\n".join(difference)
    )


def update(produced: Mapping[str, Any], path: Path) -> bool:
    """Write the committed pact again; True when that changed it."""
    text = as_text(produced)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
