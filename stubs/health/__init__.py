"""Health: a service's dependencies asked side by side, each within its own time."""

from stubs.health.checker import (
    Check,
    Dependency,
    HealthChecker,
    HealthStatus,
    ServiceHealth,
    live_check,
)

__all__ = ["Check", "Dependency", "HealthChecker", "HealthStatus", "ServiceHealth", "live_check"]
