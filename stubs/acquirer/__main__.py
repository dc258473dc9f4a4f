"""`python -m stubs.acquirer`: the fake acquirer as a process."""

import sys

from stubs.acquirer.app import SERVICE, AcquirerSettings, create_app
from stubs.web import run_service

if __name__ == "__main__":
    sys.exit(
        run_service(
            SERVICE,
            lambda environment, tracer: create_app(AcquirerSettings.read(environment), tracer),
        )
    )
