"""Samples of load runs: what they are of, and reading them back from a result's file."""

import hashlib
import json
from pathlib import Path

from seatrial.errors import InvalidRun, UsageError
from seatrial.loads.profile import Profile
from seatrial.results import Result, RunVerdict, Samples


def what_ran(name: str, profile: Profile, seed: int) -> str:
    """Return what two samples must share to be comparable: profile, size, faults and seed.

    Limits don't matter: they change nothing that is measured.
    """
    plain = profile.to_json()
    plain.pop("limits")
    plain.pop("phase_limits")
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:12]
    size = f"{profile.rate_per_s:g} a second for {profile.duration_s:g} s"
    return f"{name}, {size}, seed {seed} ({digest})"


def read_samples(path: Path) -> Samples:
    """Return the samples in a result's file.

    Raises:
        UsageError: there is no such file, or it isn't a load run's result.
        InvalidRun: the run was invalid.
    """
    result = Result.read(path)
    if result.verdict is RunVerdict.INVALID:
        why = result.notes[0] if result.notes else "it says no reason"
        raise InvalidRun(f"{path}: the run proves nothing, so there is nothing to compare ({why})")
    found = [one for check in result.checks for one in check.evidence if isinstance(one, Samples)]
    if len(found) != 1:
        raise UsageError(
            f"{path}: holds the samples of {len(found)} load profiles; one is needed, from "
            "`seatrial load run PROFILE --json`"
        )
    return found[0]


def same_run(first: Samples, second: Samples) -> None:
    """Make sure that two samples can be compared.

    Raises:
        UsageError: they are of different profiles, sizes or seeds.
    """
    if first.what != second.what:
        raise UsageError(
            f"these runs can't be compared: one is of {first.what}, the other of {second.what}"
        )
