"""`python -m stubs.gateway`: Traefik in front of the services, on loopback."""

import sys

from stubs.gateway.process import run_gateway
from stubs.settings import Environment

if __name__ == "__main__":
    sys.exit(run_gateway(Environment()))
