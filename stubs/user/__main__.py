"""`python -m stubs.user`: user-service as a process."""

import sys

from stubs.user.app import SERVICE, UserSettings, create_app
from stubs.web import run_service

if __name__ == "__main__":
    sys.exit(
        run_service(
            SERVICE,
            lambda environment, tracer: create_app(UserSettings.read(environment), tracer),
        )
    )
