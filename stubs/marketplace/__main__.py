"""`python -m stubs.marketplace`: marketplace-service as a process."""

import sys

from stubs.marketplace.app import SERVICE, create_app
from stubs.marketplace.settings import MarketplaceSettings
from stubs.web import run_service

if __name__ == "__main__":
    sys.exit(
        run_service(
            SERVICE,
            lambda environment, tracer: create_app(MarketplaceSettings.read(environment), tracer),
        )
    )
