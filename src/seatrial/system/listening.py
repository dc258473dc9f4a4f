"""Where a process and its children listen, as Linux says it."""

from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from seatrial.system.supervisor import descendants

_LISTEN = "0A"
LISTENERS_ARE_SHOWN = Path("/proc/self/net/tcp").exists()
"""Whether `listening` can see anything here."""


@dataclass(frozen=True, order=True)
class Listening:
    """A TCP address that is listened at."""

    port: int
    host: str

    @property
    def reached_by_ipv4(self) -> bool:
        """True if it takes connections to 127.0.0.1."""
        return self.host in ("127.0.0.1", "0.0.0.0", "::")  # noqa: S104 - read, not bound

    @property
    def loopback(self) -> bool:
        """True if it is reached from this machine alone."""
        return ip_address(self.host).is_loopback

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def listening(pid: int) -> tuple[Listening, ...]:
    """Return where a process or one of its descendants listens; nothing where that isn't shown."""
    sockets: set[str] = set()
    for each in (pid, *descendants(pid)):
        with suppress(OSError):  # it has ended meanwhile, or isn't ours
            for link in Path(f"/proc/{each}/fd").iterdir():
                with suppress(OSError):
                    sockets.add(str(link.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == _LISTEN and f"socket:[{words[9]}]" in sockets:
                    found.add(_address(words[1]))
    return tuple(sorted(found))


def _address(text: str) -> Listening:
    """Read "0100007F:0BB8": four bytes at a time, in the machine's order; x86 and ARM are alike."""
    host, port = text.split(":")
    raw = b"".join(bytes.fromhex(host[at : at + 8])[::-1] for at in range(0, len(host), 8))
    ip = ip_address(raw)
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return Listening(int(port, 16), str(mapped or ip))
