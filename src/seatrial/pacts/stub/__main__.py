"""`python -m seatrial.pacts.stub --pact FILE`."""

import sys

from seatrial.errors import SeatrialError, UsageError
from seatrial.extras import missing


def main() -> int:
    """Run the process; its exit code."""
    if lacking := missing("pact"):
        sys.stderr.write(f"{', '.join(lacking)} isn't installed; pip install 'seatrial[pact]'\n")
        return UsageError.exit_code
    from seatrial.pacts.stub.process import run

    try:
        run(sys.argv[1:])
    except SeatrialError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
