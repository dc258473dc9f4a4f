"""Short slices of time change neither the policy nor the priority."""

import os
import subprocess
import sys

import pytest

CODE = """
import os
from seatrial.faults.engine.dataplane.turns import ask_for_short_turns
os.nice(3)
ask_for_short_turns()
print(os.sched_getscheduler(0) == os.SCHED_OTHER, os.getpriority(os.PRIO_PROCESS, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has such slices")
def test_policy_and_priority_stay_as_they_were() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["True", str(min(before + 3, 19))]
