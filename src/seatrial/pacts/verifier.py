"""Pact's own verifier, run for one interaction, and its results judged."""

import contextlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seatrial.pacts.failures import ContractBroken, NoAnswer
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.library import Verifier
from seatrial.pacts.provider import Provider
from seatrial.pacts.unanswered import why


def new_verifier(provider: Provider, file: Path) -> Verifier:
    """Pact's verifier of a provider, given a pact in a file."""
    verifier = Verifier(provider.name, host=urlsplit(provider.url).hostname).add_source(file)
    verifier.follow_redirects(False).set_coloured_output(enabled=False)
    return verifier.set_request_timeout(round(provider.timeout_s * 1000))


def run_verifier(verifier: Verifier, interaction: Interaction, provider: Provider) -> None:
    """Run it, and judge by its results; its own word is good also when it verified nothing.

    Raises:
        ContractBroken: the answer breaks the contract, or nothing was verified.
        NoAnswer: there was none.
    """
    began_s = time.monotonic()
    with contextlib.suppress(RuntimeError):  # says only that it failed; the results say why
        verifier.verify()
    took_s = time.monotonic() - began_s
    results = verifier.results
    verified = results["interactionResults"]
    if len(verified) == 1 and verified[0]["result"] == "OK":
        return
    output = verifier.output(strip_ansi=True)[:]  # plain text: a worker can't send pact-python's
    if len(verified) != 1:
        reasons = [_reason(error["mismatch"]) for error in results["errors"]]
        raise ContractBroken(
            f"{interaction.subject}: {len(verified)} interactions were verified instead of 1"
            + (f" ({reasons[0]})" if reasons else ""),
            output,
        )
    reason = _reason(verified[0]["mismatch"])
    who = f"{provider.name} at {provider.url}"
    if "mismatches" not in verified[0]["mismatch"]:
        cause = why(provider.url, reason, took_s, provider.timeout_s)
        raise NoAnswer(f"{who} gave no answer to {interaction.subject!r}: {cause}", output)
    raise ContractBroken(f"{who} breaks {interaction.subject!r}: {reason}", output)


def _reason(mismatch: Mapping[str, Any]) -> str:
    """The first difference in a sentence, and how many more there are; another status says most."""
    differences = sorted(
        mismatch.get("mismatches") or [], key=lambda each: each.get("type") != "StatusMismatch"
    )
    if not differences:
        return str(mismatch.get("message") or "the verifier gave no reason")
    first = differences[0]
    where = f"{first['path']}: " if first.get("path") else ""
    more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
    return f"{where}{first.get('mismatch') or json.dumps(first)}{more}"
