"""Short slices of processor time, which come soon."""

import contextlib
import ctypes
import os
import platform
import struct
import sys

_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274, "arm64": 274}
_ATTRIBUTES = struct.Struct("IIQiIQQQ")
_SLICE_NS = 100_000
"""The shortest that the scheduler takes."""


def ask_for_short_turns() -> bool:
    """Ask for short slices of time, which come sooner where others compute; return whether we may.

    A timer that fires while both processors are busy waits for the end of somebody's slice. Linux
    since 6.12 lets who asks for short slices go first, without a larger share in all.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return False
    with contextlib.suppress(OSError, AttributeError):
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        wanted = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, 0, nice, 0, _SLICE_NS, 0, 0)
        library = ctypes.CDLL(None, use_errno=True)
        return bool(library.syscall(number, 0, wanted, 0) == 0)
    return False
