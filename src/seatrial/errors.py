"""The harness's errors: what a person may see, each with the exit code that it ends the run with.

SeatrialError
├── UsageError     exit 2: the call, the configuration or the set-up; the message says the fix
└── InvalidRun     exit 4: the run proves nothing either way
"""


def text_of(error: BaseException) -> str:
    """Return an error's text, or the name of its class where it has none."""
    return str(error) or type(error).__name__


class SeatrialError(Exception):
    """An error with one clear sentence for a person; shown without a traceback."""

    exit_code = 1


class UsageError(SeatrialError):
    """The call, the configuration or the set-up is wrong; the message says where, and the fix."""

    exit_code = 2


class InvalidRun(SeatrialError):  # noqa: N818 - "invalid" is the verdict's name, as opposed to "failed"
    """The run can't be trusted, and so proves nothing either way."""

    exit_code = 4
