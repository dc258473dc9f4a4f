"""Load that can be believed: open-loop arrivals, an oracle for caches, limits, and validity.

A profile's author imports from here alone:

    from seatrial.loads import Limits, LoadPlan, OpenLoopUser, Outcome, Phase, Profile, Task

Three rooms use the modules beneath: `generator` runs inside Locust's processes, which Locust
patches with gevent; `session` runs load from the harness, where Locust is never imported; `limits`
judges.

plan ──▶ schedule, keys ──▶ generator (in Locust) ──▶ stats ──▶ record ──▶ validity, limits
"""

from typing import TYPE_CHECKING

from seatrial.lazy import lazy
from seatrial.loads.keys import KEYS_VARIABLE, given_keys
from seatrial.loads.plan import LoadPlan, Phase
from seatrial.loads.profile import STANDARD, FaultAt, Limits, Profile, cache_limits, steps
from seatrial.loads.staleness import CHANGED
from seatrial.loads.stats import Arrival, Assertion, Outcome, Task
from seatrial.loads.target import check_target

if TYPE_CHECKING:
    from seatrial.loads.generator.open_loop import OpenLoopUser

__all__ = [
    "CHANGED",
    "KEYS_VARIABLE",
    "STANDARD",
    "Arrival",
    "Assertion",
    "FaultAt",
    "Limits",
    "LoadPlan",
    "OpenLoopUser",
    "Outcome",
    "Phase",
    "Profile",
    "Task",
    "cache_limits",
    "check_target",
    "given_keys",
    "steps",
]


# Who declares a profile needs no Locust.
__getattr__ = lazy(__name__, {"generator.open_loop": "OpenLoopUser"})
