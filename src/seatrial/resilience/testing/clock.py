"""A clock that only a test moves."""

from __future__ import annotations


class FakeClock:
    """Seconds that a test moves by hand; pass it as `clock`, and `sleep` where one is wanted.

    Args:
        now_s: where it begins.
    """

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Return the time now, in seconds."""
        return self.now_s

    def advance(self, seconds: float) -> None:
        """Move on.

        Raises:
            ValueError: the time would go back.
        """
        if not seconds >= 0:
            raise ValueError(f"seconds is {seconds!r}, but a clock never goes back")
        self.now_s += seconds

    async def sleep(self, seconds: float) -> None:
        """Move on at once instead of sleeping, and remember how long it would have been."""
        self.slept.append(seconds)
        self.advance(seconds)
