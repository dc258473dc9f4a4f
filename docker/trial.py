"""The harness in its container: contracts, chaos and load against the services that run beside it.

Ends with the worst exit status of the three.
"""

import os
import subprocess
import sys
from pathlib import Path

from seatrial.system import Session

CONFIG = "seatrial.compose.toml"
PROVIDER = "user-service"
URL = f"{PROVIDER}=http://{PROVIDER}:3001"


def main() -> int:
    """Run all three, whatever the first ones find."""
    seatrial = Path(sys.executable).with_name("seatrial")
    with Session() as session:
        # The provider states change the service's own database, and need nothing else of it.
        env = {name: os.environ[f"PROVIDER_{name}"] for name in ("DATABASE_URL", "REDIS_URL")}
        states = session.start("states", ["python", "-m", "contracts.states", PROVIDER], env=env)
        address = states.wait_listening()["statesUrl"]
        trials = (
            ("contracts", "--provider", URL, "--states", f"{PROVIDER}={address}"),
            ("chaos", "run"),
            ("load", "run", "cached-lookups", "--i-may-load-this-host"),
        )
        statuses = [
            subprocess.run([seatrial, *words, "--config", CONFIG], check=False).returncode
            for words in trials
        ]
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main())
