"""`seatrial.toml`: a system under test, who calls whom in it, and what each caller promises."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatrial.config.load import load_config
    from seatrial.config.model import (
        Answer,
        Breaker,
        Cache,
        Config,
        Control,
        Edge,
        Edit,
        Entity,
        LoadProfile,
        Policy,
        Request,
        Retry,
        Service,
    )

__all__ = [
    "CONFIG_NAME",
    "Answer",
    "Breaker",
    "Cache",
    "Config",
    "Control",
    "Edge",
    "Edit",
    "Entity",
    "LoadProfile",
    "Policy",
    "Request",
    "Retry",
    "Service",
    "load_config",
]

CONFIG_NAME = "seatrial.toml"
"""The file's name, in the folder of the project."""


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: `seatrial --help` needs no model."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "load" if name == "load_config" else "model"
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
