"""What was found in a project's code."""

import re
from dataclasses import dataclass, field

from seatrial.scaffold.mounts import Mounts


@dataclass
class Findings:
    """What was found in a project's code, the file of each variable with it."""

    routes: dict[tuple[str, str], None] = field(default_factory=dict)
    """Method and path of what it serves, the last parameter written {id}."""
    calls: dict[str, None] = field(default_factory=dict)
    """Paths that its clients ask for."""
    variables: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Variables of the environment that it reads: their default and their file."""
    apps: dict[str, str] = field(default_factory=dict)
    """Applications by framework: module:attribute."""
    mounts: Mounts = field(default_factory=Mounts)
    """Routes whose whole path another file may say; `settle` adds them to the others."""
    scripts: dict[str, None] = field(default_factory=dict)
    """Files that serve when they are run."""
    constants: dict[str, str] = field(default_factory=dict)
    """Paths that have a name: of a module, or of a class of settings."""
    body_fields: dict[str, None] = field(default_factory=dict)
    """Fields that it reads from the bodies of requests."""
    prefix: str = ""
    """Put before all routes, as Nest's global prefix is."""

    def route(self, method: str, path: str, prefix: str = "") -> None:
        """Write down a route."""
        path = normal(f"{prefix.strip('/')}/{path.lstrip('/')}" if prefix.strip("/") else path)
        path = path if path.endswith("}/") or not path.endswith("/") else path.rstrip("/") or "/"
        self.routes.setdefault((method.upper(), path))

    def settle(self) -> None:
        """Add the routes of routers, and put the global prefix before all of them."""
        for method, path in self.mounts.settled(self.constants):
            self.route(method, path)
        if self.prefix.strip("/"):
            routes, self.routes = self.routes, {}
            for method, path in routes:
                self.route(method, path, self.prefix)

    def variable(self, name: str, default: str, file: str) -> None:
        """Write down a variable; one with a default says more."""
        if name not in self.variables or (default and not self.variables[name][0]):
            self.variables[name] = (default, file)


def normal(path: str) -> str:
    """A path as the file writes it: its last parameter is the entity's id."""
    path = re.sub(r":(\w+)|<(?:\w+:)?(\w+)>", lambda one: "{" + (one[1] or one[2]) + "}", path)
    path = re.sub(r"\{(\w+)(?::\w+|=[^}]*)?\}", r"{\1}", path)
    return "/" + re.sub(r"\{\w+\}(?!.*\{)", "{id}", path).lstrip("/")
