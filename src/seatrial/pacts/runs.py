"""The contract tests as a run of their own: pytest in a process, its findings as checks."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from seatrial.errors import InvalidRun, UsageError
from seatrial.results import Result, RunVerdict
from seatrial.system import Process, Session

_POLL_S = 0.1
_OUTCOME = re.compile(r"^(\S.*::.*) (PASSED|FAILED|SKIPPED|ERROR)\b")


def run_contracts(
    session: Session,
    *,
    folder: Path = Path("contracts"),
    providers: Mapping[str, str] | None = None,
    states: Mapping[str, str] | None = None,
    messages: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Run consumer tests, provider verification, and all else that is in the contract tests.

    Args:
        session: owns the process.
        folder: the contract tests; they run from the folder that it is in, the project's.
        providers: name → URL of those to verify where they already run.
        states: name → the whole address that takes the state changes of one of those.
        messages: name → the whole address that makes one of those send a message.
        options: more options of pytest.
        progress: gets each test and how it went, a line at a time.

    Ctrl-C ends them, and what they found until then is returned: the verdict is invalid.

    Raises:
        UsageError: there is no such folder, or pytest could not run the tests; the message has its
            last lines.
        InvalidRun: it began and did not finish.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not there; the contract tests are expected in it")
    report = session.dir / "contracts.json"
    command = ["python", "-m", "pytest", folder.name, "-vv", "--seatrial-json", str(report)]
    command += [f"--pact-provider={name}={url}" for name, url in (providers or {}).items()]
    command += [f"--pact-states={name}={url}" for name, url in (states or {}).items()]
    command += [f"--pact-messages={name}={url}" for name, url in (messages or {}).items()]
    process = session.start("contracts", [*command, *options], cwd=folder.resolve().parent)
    try:
        _follow(process, progress)
    except KeyboardInterrupt:
        process.interrupt()
        if not report.is_file():
            raise
        return _read(report, process)
    result = _read(report, process)
    if result.verdict is RunVerdict.INVALID:
        raise InvalidRun(f"the contract tests did not finish:\n{process.tail()}")
    return result


def _follow(process: Process, progress: Callable[[str], None]) -> None:
    """Report the progress until the process has ended and all that it printed is reported."""
    for line in _lines(process):
        if match := _OUTCOME.match(line):
            progress(f"{match[1]} {match[2].lower()}")


def _lines(process: Process) -> Iterator[str]:
    """Its lines as they are finished: pytest names a test before it runs, and its outcome after."""
    with process.log.open(encoding="utf-8", errors="replace") as log:
        line, ended = "", False
        while not ended:
            ended = process.wait(_POLL_S) is not None
            while part := log.readline():
                line += part
                if line.endswith("\n"):
                    yield line
                    line = ""


def _read(report: Path, process: Process) -> Result:
    try:
        return Result.model_validate_json(report.read_bytes())
    except (OSError, ValidationError):
        sentences = report.with_suffix(".errors")
        if sentences.is_file():  # the plugin's own: they need no more of what pytest said
            lines = sentences.read_text(encoding="utf-8").strip().splitlines()
            raise UsageError("\n".join(dict.fromkeys(lines))) from None  # each file may say it
        raise UsageError(
            f"pytest ended with status {process.returncode} before it had a result of the contract "
            f"tests. It said last:\n{process.tail()}"
        ) from None
