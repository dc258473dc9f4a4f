"""`seatrial.toml`: a system under test, who calls whom in it, and what each caller promises."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatrial.config.edges import Answer, Control, Edge, Edit, Entity, Request, Trigger
    from seatrial.config.load import load_config
    from seatrial.config.model import Config, Gateway, LoadLimits, LoadProfile, Service
    from seatrial.config.policy import (
        Breaker,
        Budget,
        Cache,
        Failures,
        Idempotency,
        Policy,
        Retry,
        Trace,
    )

CONFIG_NAME = "seatrial.toml"
"""The file's name, in the folder of the project."""

GATEWAY = "gateway"
"""What stands before the services is called so; no service can be."""

_HOMES = {
    **dict.fromkeys(("Answer", "Control", "Edge", "Edit", "Entity", "Request", "Trigger"), "edges"),
    "load_config": "load",
    **dict.fromkeys(("Config", "Gateway", "LoadLimits", "LoadProfile", "Service"), "model"),
    **dict.fromkeys(("Breaker", "Budget", "Cache", "Failures", "Idempotency"), "policy"),
    **dict.fromkeys(("Policy", "Retry", "Trace"), "policy"),
}

__all__ = [
    "CONFIG_NAME",
    "GATEWAY",
    "Answer",
    "Breaker",
    "Budget",
    "Cache",
    "Config",
    "Control",
    "Edge",
    "Edit",
    "Entity",
    "Failures",
    "Gateway",
    "Idempotency",
    "LoadLimits",
    "LoadProfile",
    "Policy",
    "Request",
    "Retry",
    "Service",
    "Trace",
    "Trigger",
    "load_config",
]


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: `seatrial --help` needs no model."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
