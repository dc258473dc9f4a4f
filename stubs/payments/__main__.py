"""`python -m stubs.payments`: payments-service as a process."""

import sys

from stubs.payments.app import SERVICE, create_app
from stubs.payments.settings import PaymentsSettings
from stubs.web import run_service

if __name__ == "__main__":
    sys.exit(
        run_service(
            SERVICE,
            lambda environment, tracer: create_app(PaymentsSettings.read(environment), tracer),
        )
    )
