"""Workers end with the search that started them."""

import subprocess
import sys

SEARCH = """
import os, time
from seatrial.explore.execution import ProcessWorkers
if __name__ == "__main__":
    executor = ProcessWorkers(1).executor()
    executor.submit(os.getpid).result()
    executor.submit(time.sleep, 600)
    print("busy", flush=True)
    time.sleep(600)
"""


def test_a_worker_that_is_busy_ends_when_its_search_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", SEARCH], stdout=subprocess.PIPE) as search:
        assert search.stdout is not None
        assert search.stdout.readline() == b"busy\n"
        search.kill()
        # It has inherited the pipe: the end of it is the end of them all.
        search.communicate(timeout=30)
