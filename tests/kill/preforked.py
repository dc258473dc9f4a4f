"""`python -m tests.kill.preforked SOCKET [DEFECT…]`: a server that starts services as its forks.

All that they import is imported here once, which takes a second or two; a service is then a fork
that runs its own `__main__` as it ships. It dies by kill -9 like any other process, and with this
one. One line of JSON asks for a service: `{"module", "log", "env"}`; the answer is its pid.
"""

import ctypes
import json
import os
import runpy
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import stubs.acquirer.app
import stubs.marketplace.app
import stubs.payments.app
import stubs.user.app  # noqa: F401 - imported for those that are forked
from tests.kill import defects

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def _become(order: dict[str, Any]) -> None:
    """Be the service; never returns."""
    status = 1
    try:
        ctypes.CDLL(None, use_errno=True).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(order["env"])
        sys.argv = [order["module"]]
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        os._exit(status)


def main(path: str, planted: list[str]) -> None:
    """Serve orders until killed."""
    for name in planted:
        defects.plant(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need nobody to wait for them
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        Path(f"{path}.ready").touch()
        while True:
            wire, _ = listener.accept()
            with wire, wire.makefile("rw") as lines:
                order = json.loads(lines.readline())
                pid = os.fork()
                if pid == 0:
                    listener.close()
                    _become(order)
                lines.write(f"{pid}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
