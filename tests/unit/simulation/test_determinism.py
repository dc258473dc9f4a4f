"""The same seed is the same run, byte for byte."""

import os
import subprocess
import sys

from tests.unit.simulation.traced import trace


def in_another_process(seed: int, hash_seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.simulation.traced", str(seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_the_same_seed_has_the_same_trace_twice_and_in_other_processes() -> None:
    first = trace(3)
    assert len(first) > 100
    assert any("'reset'" in line for line in first)
    assert trace(3) == first
    assert in_another_process(3, "1") == first
    assert in_another_process(3, "2") == first


def test_another_seed_has_another_trace() -> None:
    assert trace(4) != trace(3)
