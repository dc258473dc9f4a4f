"""`seatrial.toml`: a system under test, who calls whom in it, and what each caller promises."""

from seatrial.config.load import CONFIG_NAME, load_config
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
