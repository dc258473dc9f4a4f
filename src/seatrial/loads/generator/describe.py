"""Print profiles as JSON, a line each: `python -m seatrial.loads.generator.describe FILE…`.

A process of its own, since a profile's file imports Locust, which patches its process.
"""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from seatrial.errors import UsageError
from seatrial.loads.generator.open_loop import OpenLoopUser
from seatrial.loads.profile import Profile


def profile_in(path: Path) -> Profile | None:
    """Return the profile of a file's one user; None where the file holds no such user.

    Raises:
        UsageError: the file can't be imported, or holds several.
    """
    spec = importlib.util.spec_from_file_location(f"seatrial_load_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        said = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
        raise UsageError(f"can't be imported: {said}") from error
    users = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, OpenLoopUser) and not value.abstract
    ]
    if len(users) > 1:
        names = ", ".join(user.__name__ for user in users)
        raise UsageError(f"holds several open-loop users ({names}); leave one")
    return users[0].profile if users else None


def _described(path: Path) -> dict[str, Any] | None:
    try:
        profile = profile_in(path)
        return profile.to_json() if profile else None
    except UsageError as error:
        return {"error": f"{path}: {error}"}


def main(paths: list[Path]) -> None:
    """Write a line for each file, in their order: a profile, null, or an error."""
    sys.path.insert(0, str(Path.cwd()))
    for path in paths:
        # Profiles print what they like; the last lines are ours.
        sys.stdout.write(json.dumps({"seatrial-profile": path.stem, "is": _described(path)}) + "\n")


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
