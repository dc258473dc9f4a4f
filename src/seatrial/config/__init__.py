"""`seatrial.toml`: a system under test, who calls whom in it, and what each caller promises."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatrial.config.edges import (
        Control,
        DeclaredAnswer,
        DeclaredRequest,
        Edge,
        Edit,
        Entity,
        Trigger,
    )
    from seatrial.config.load import load_config
    from seatrial.config.model import Config, DeclaredService, Gateway, LoadLimits, LoadProfile
    from seatrial.config.policy import (
        DeclaredBreaker,
        DeclaredBudget,
        DeclaredCache,
        DeclaredFailures,
        DeclaredIdempotency,
        DeclaredPolicy,
        DeclaredRetry,
        DeclaredTrace,
    )

CONFIG_NAME = "seatrial.toml"
"""The file's name, in the folder of the project."""

GATEWAY = "gateway"
"""What stands before the services is called so; no service can be."""

_MODULES = {
    "edges": "Control DeclaredAnswer DeclaredRequest Edge Edit Entity Trigger",
    "load": "load_config",
    "model": "Config DeclaredService Gateway LoadLimits LoadProfile",
    "policy": "DeclaredBreaker DeclaredBudget DeclaredCache DeclaredFailures DeclaredIdempotency "
    "DeclaredPolicy DeclaredRetry DeclaredTrace",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "CONFIG_NAME",
    "GATEWAY",
    "Config",
    "Control",
    "DeclaredAnswer",
    "DeclaredBreaker",
    "DeclaredBudget",
    "DeclaredCache",
    "DeclaredFailures",
    "DeclaredIdempotency",
    "DeclaredPolicy",
    "DeclaredRequest",
    "DeclaredRetry",
    "DeclaredService",
    "DeclaredTrace",
    "Edge",
    "Edit",
    "Entity",
    "Gateway",
    "LoadLimits",
    "LoadProfile",
    "Trigger",
    "load_config",
]


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: `seatrial --help` needs no model."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
