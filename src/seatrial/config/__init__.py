"""`seatrial.toml`: a system under test, who calls whom in it, and what each caller promises."""

from typing import TYPE_CHECKING

from seatrial.lazy import lazy

if TYPE_CHECKING:
    from seatrial.config.breaker import DeclaredBreaker, DeclaredRate
    from seatrial.config.edges import (
        Control,
        DeclaredAnswer,
        DeclaredRequest,
        Edge,
        Edit,
        Entity,
        PlainEdge,
        Trigger,
    )
    from seatrial.config.failures import DeclaredFailureKinds, DeclaredFailures, FailureCause
    from seatrial.config.fault_kinds import NAMED_KINDS
    from seatrial.config.libraries import LIBRARIES, telling
    from seatrial.config.load import load_config
    from seatrial.config.model import (
        Config,
        DeclaredService,
        Explore,
        Gateway,
        LoadLimits,
        LoadProfile,
    )
    from seatrial.config.policy import (
        DeclaredCache,
        DeclaredConcurrency,
        DeclaredIdempotency,
        DeclaredPolicy,
        DeclaredTrace,
    )
    from seatrial.config.retry import DeclaredBudget, DeclaredRetry, WaitRange
    from seatrial.config.schema import SHIPPED_SCHEMA
    from seatrial.config.section import declared_paths, field_paths

CONFIG_NAME = "seatrial.toml"
"""The file's name, in the folder of the project."""

GATEWAY = "gateway"
"""What stands before the services is called so; no service can be."""

__all__ = [
    "CONFIG_NAME",
    "GATEWAY",
    "LIBRARIES",
    "NAMED_KINDS",
    "SHIPPED_SCHEMA",
    "Config",
    "Control",
    "DeclaredAnswer",
    "DeclaredBreaker",
    "DeclaredBudget",
    "DeclaredCache",
    "DeclaredConcurrency",
    "DeclaredFailureKinds",
    "DeclaredFailures",
    "DeclaredIdempotency",
    "DeclaredPolicy",
    "DeclaredRate",
    "DeclaredRequest",
    "DeclaredRetry",
    "DeclaredService",
    "DeclaredTrace",
    "Edge",
    "Edit",
    "Entity",
    "Explore",
    "FailureCause",
    "Gateway",
    "LoadLimits",
    "LoadProfile",
    "PlainEdge",
    "Trigger",
    "WaitRange",
    "declared_paths",
    "field_paths",
    "load_config",
    "telling",
]


# `seatrial --help` needs no model.
__getattr__ = lazy(
    __name__,
    {
        "breaker": "DeclaredBreaker DeclaredRate",
        "edges": "Control DeclaredAnswer DeclaredRequest Edge Edit Entity PlainEdge Trigger",
        "fault_kinds": "NAMED_KINDS",
        "failures": "DeclaredFailureKinds DeclaredFailures FailureCause",
        "libraries": "LIBRARIES telling",
        "load": "load_config",
        "model": "Config DeclaredService Explore Gateway LoadLimits LoadProfile",
        "policy": "DeclaredCache DeclaredConcurrency DeclaredIdempotency DeclaredPolicy "
        "DeclaredTrace",
        "retry": "DeclaredBudget DeclaredRetry WaitRange",
        "schema": "SHIPPED_SCHEMA",
        "section": "declared_paths field_paths",
    },
)
