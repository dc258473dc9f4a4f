"""A system under test as real processes: started, watched, and ended with whoever started them."""

from seatrial.system.launch import AddressOverride, Launcher, Running
from seatrial.system.loops import run_async
from seatrial.system.processes import (
    Process,
    ProcessDied,
    Session,
    environment,
    folders_left,
    scratch_folder,
)
from seatrial.system.servers import SERVERS, Server
from seatrial.system.servers.postgres import Postgres, start_postgres
from seatrial.system.servers.traefik import Traefik, TraefikFiles, start_traefik
from seatrial.system.servers.valkey import Valkey, start_valkey, valkey_binary
from seatrial.system.waits import waited_for_cpu_s

__all__ = [
    "SERVERS",
    "AddressOverride",
    "Launcher",
    "Postgres",
    "Process",
    "ProcessDied",
    "Running",
    "Server",
    "Session",
    "Traefik",
    "TraefikFiles",
    "Valkey",
    "environment",
    "folders_left",
    "run_async",
    "scratch_folder",
    "start_postgres",
    "start_traefik",
    "start_valkey",
    "valkey_binary",
    "waited_for_cpu_s",
]
