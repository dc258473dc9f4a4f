"""Programs that wheels carry."""

import importlib.metadata
from pathlib import Path

from seatrial.errors import UsageError


def program(package: str, name: str, otherwise: str) -> Path:
    """Where a wheel of the extra `servers` has put a program.

    Args:
        package: the wheel's name.
        name: the program's file name.
        otherwise: what to do on a machine for which the wheel has none.

    Raises:
        UsageError: the wheel isn't installed, or has no such program.
    """
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        raise UsageError(
            f"{package} isn't installed; pip install 'seatrial[servers]' brings it"
        ) from None
    for file in files:
        if file.name == name:
            return Path(str(file.locate())).resolve()
    raise UsageError(f"the package {package} has no {name} for this machine; {otherwise}")
