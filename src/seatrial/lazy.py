"""Names of a package that are imported when they are asked for, so that the package is cheap."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazy(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a `__getattr__` for a package, such as `lazy(__name__, {"client": "Proxy"})`.

    Type checkers read the same imports under `if TYPE_CHECKING`.

    Args:
        package: its `__name__`.
        homes: by module of the package, the names that it holds, separated by spaces.
    """
    modules = {name: module for module, names in homes.items() for name in names.split()}

    def find(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{modules[name]}"), name)

    return find
