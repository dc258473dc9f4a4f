"""`seatrial chaos run --virtual`: the scenarios on applications in virtual time."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.cli.case_runs import run_cases
from seatrial.cli.ending import Ending
from seatrial.cli.output import Steps
from seatrial.cli.setting import Setting
from seatrial.errors import InvalidRun, UsageError

if TYPE_CHECKING:
    from seatrial.results import Check, Result
    from seatrial.scenarios import Scenario
    from seatrial.system import Session

_LONGEST_S = 600.0


def prepare() -> None:
    """Put the stand-ins of clocks in place, before an application binds the real ones."""
    from seatrial.simulation import install

    install()


def run_virtually(
    where: Setting,
    scenarios: "Sequence[Scenario]",
    edges: Iterable[str],
    kept: Sequence[Path] = (),
    *,
    controls: bool,
    steps: Steps,
    ending: Ending,
) -> "Result":
    """Run scenarios on every edge that can be run in virtual time.

    Args:
        where: the configuration as it holds in virtual time.
        scenarios: what is run.
        edges: on which edges.
        kept: cases that are run as well, where all services can be.
        controls: put the negative controls through it too.
        steps: says what is at work.
        ending: holds back what ends it early.

    Raises:
        UsageError: none of the edges can, or an application can't be loaded.
    """
    from seatrial.scenarios import run_chaos
    from seatrial.virtual import (
        VirtualFigures,
        VirtualTestbed,
        lacks_virtual_time,
        run_parts_virtually,
        used_cpu_s,
    )

    checks: list[Check] = []
    invalid: list[str] = []
    notes: list[str] = []
    figures = VirtualFigures()
    missing_here = lacks_virtual_time(where.config)
    began_s = used_cpu_s()
    testbeds = [VirtualTestbed(where.config, where.folder, name, seed=where.seed) for name in edges]
    with ending:
        for testbed in testbeds:
            if lacking := testbed.unusable():
                notes.append(f"{testbed.name} is left out: virtual time needs {'; '.join(lacking)}")
                continue
            with steps.step(f"chaos on {testbed.name} in virtual time") as note:
                run_all = partial(run_parts_virtually, testbed, figures=figures)
                run = run_chaos(
                    testbed, scenarios, controls=controls, progress=note, run_all=run_all
                )
            checks += run.checks
            invalid += run.invalid
            if run.interrupted:
                raise KeyboardInterrupt
        if kept and missing_here is None:
            checks += run_cases(where, kept, steps, virtual=True)
    invalid += ending.invalid
    if not checks and len(notes) == len(testbeds):
        raise UsageError("\n".join(notes) or "there is no edge to run scenarios on")
    if kept and missing_here is not None:
        notes.append(f"{len(kept)} kept cases are left out: {missing_here}")
    took_s = used_cpu_s() - began_s
    taken = {
        "virtual_set_s": round(took_s, 2),
        "virtual_time_s": round(figures.virtual_s, 1),
        "virtual_x_real": round(figures.virtual_s / took_s, 1),
    }
    return where.result(
        "chaos run", checks, engine="virtual", invalid=invalid, figures=taken, notes=notes
    )


def run_apart(session: "Session", where: Setting) -> "Result":
    """Run all scenarios in virtual time, in a process of its own: its clock is another one.

    Args:
        session: owns the process.
        where: the configuration.

    Raises:
        InvalidRun: it didn't finish.
    """
    from seatrial.results import Result

    report = session.dir / "virtual.json"
    options = ["--virtual", "--no-controls", "--quiet", "--json", str(report)]
    options += ["--config", str(where.path.resolve()), "--seed", str(where.seed)]
    command = ["python", "-m", "seatrial.cli", "chaos", "run", *options]
    process = session.start("virtual", command, cwd=where.folder)
    process.wait(_LONGEST_S)
    if not report.is_file():
        raise InvalidRun(f"the scenarios in virtual time did not finish:\n{process.tail()}")
    result = Result.model_validate_json(report.read_bytes())
    marked = [
        check.model_copy(update={"subject": f"{check.subject} in virtual time"})
        for check in result.checks
    ]
    return result.model_copy(update={"checks": tuple(marked)})


def can_be_virtual(where: Setting) -> bool:
    """Return whether an edge is between applications."""
    services = where.config.services
    return any(
        services[edge.consumer].app and services[edge.provider].app
        for edge in where.config.edges.values()
    )
