"""Cases that `seatrial explore` found, run again."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.cli.output import Steps
from seatrial.cli.setting import Setting

if TYPE_CHECKING:
    from seatrial.faults import Engine
    from seatrial.results import Check


def run_cases(
    where: Setting,
    files: Sequence[Path],
    steps: Steps,
    engine: "Engine | None" = None,
    *,
    virtual: bool = False,
) -> "list[Check]":
    """Run cases, those of one journey on one system.

    Args:
        where: the configuration.
        files: the cases'.
        steps: says what is at work.
        engine: makes the network's faults on the wire.
        virtual: in virtual time instead.

    Raises:
        UsageError: a file isn't a case, the system can't be started, or a journey doesn't work
            without faults.
    """
    from seatrial.explore import KeptCase, RunnerSpec

    cases = [KeptCase(path) for path in files]
    checks: list[Check] = []
    for journey in dict.fromkeys(one.journey for one in cases):
        with RunnerSpec(where.path.resolve(), journey, virtual, where.seed)(engine) as runner:
            for case in cases:
                if case.journey == journey:
                    with steps.step(f"case {case.path.stem}"):
                        checks += case.checks(runner)
    return checks
