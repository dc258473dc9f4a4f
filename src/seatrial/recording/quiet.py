"""Pact's verifier writes to standard output by itself, past Python; here it doesn't."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_STREAMS = (1, 2)


@contextmanager
def silence() -> Iterator[None]:
    """Let nobody see what is written within the block."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(number) for number in _STREAMS]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in _STREAMS:
            os.dup2(nowhere, number)
        yield
    finally:
        for number, old in zip(_STREAMS, kept, strict=True):
            os.dup2(old, number)
            os.close(old)
        os.close(nowhere)
