"""The part of load that runs in the harness, in which Locust is never imported.

A *job* is a profile as it shall run (`jobs`, from `catalogue`). It runs on an edge's wire with a
fault schedule (`on_edge`), against a target that runs already (`on_target`), or against the whole
system (`on_system`); `locust` starts the generator for each of them, and `judging` says what the
run comes to. `interleaved` repeats a job in turns with a baseline, and `batch` runs several jobs.
"""

from typing import TYPE_CHECKING

from seatrial.lazy import lazy

if TYPE_CHECKING:
    from seatrial.loads.session.batch import LoadBatch
    from seatrial.loads.session.fault_schedule import ScenarioAt, read_fault
    from seatrial.loads.session.first_profile import write_first_profiles
    from seatrial.loads.session.jobs import LoadJob, load_jobs, load_names
    from seatrial.loads.session.judging import LoadResult
    from seatrial.loads.session.locust import Progress, run_profile
    from seatrial.loads.session.on_edge import run_on_edge

__all__ = [
    "LoadBatch",
    "LoadJob",
    "LoadResult",
    "Progress",
    "ScenarioAt",
    "load_jobs",
    "load_names",
    "read_fault",
    "run_on_edge",
    "run_profile",
    "write_first_profiles",
]

# Listing profiles starts no wire.
__getattr__ = lazy(
    __name__,
    {
        "batch": "LoadBatch",
        "fault_schedule": "ScenarioAt read_fault",
        "first_profile": "write_first_profiles",
        "jobs": "LoadJob load_jobs load_names",
        "judging": "LoadResult",
        "locust": "Progress run_profile",
        "on_edge": "run_on_edge",
    },
)
