"""The real servers that services ask for, one file each: a new one is a new file here.

A service asks by a placeholder in its environment, `REDIS_URL = "{redis}"`; the server is started
when the first one does, and ends with the session. The gateway, Traefik, isn't a placeholder's: it
stands in front of services and is a service itself.
"""

import importlib
import pkgutil

from seatrial.system.servers.base import SERVERS, Server, ServerKind

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["SERVERS", "Server", "ServerKind"]
