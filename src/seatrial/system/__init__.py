"""A system under test as real processes: started, watched, and ended with whoever started them."""

from seatrial.system.launch import Detour, Launcher, Running
from seatrial.system.loops import run_async
from seatrial.system.postgres import Postgres, start_postgres
from seatrial.system.processes import Process, ProcessDied, Session
from seatrial.system.traefik import Traefik, TraefikFiles, start_traefik
from seatrial.system.valkey import Valkey, start_valkey

__all__ = [
    "Detour",
    "Launcher",
    "Postgres",
    "Process",
    "ProcessDied",
    "Running",
    "Session",
    "Traefik",
    "TraefikFiles",
    "Valkey",
    "run_async",
    "start_postgres",
    "start_traefik",
    "start_valkey",
]
