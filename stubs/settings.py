"""Reading a process's environment: typed values, and one sentence for a wrong one."""

import math
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from seatrial.errors import UsageError


class Environment:
    """Variables by name, each with its default and its range; an empty one counts as unset."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values

    def text(self, name: str, default: str | None = None) -> str | None:
        """The variable's text, or the default when it isn't set."""
        return self._values.get(name, "").strip() or default

    def required(self, name: str, example: str) -> str:
        """The variable's text.

        Raises:
            UsageError: it isn't set; the message shows the example.
        """
        value = self.text(name)
        if value is None:
            raise UsageError(f"{name} isn't set; set it, for example {name}={example}")
        return value

    def number(self, name: str, default: float, low: float, high: float = math.inf) -> float:
        """A finite number between both bounds, which belong to it.

        Raises:
            UsageError: it isn't one.
        """
        text = self.text(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (low <= value <= high) or math.isinf(value):
            raise UsageError(f"{name}={text!r} isn't a number {_between(low, high)}")
        return value

    def whole(self, name: str, default: int, low: int, high: int = 10**9) -> int:
        """A whole number between both bounds, which belong to it.

        Raises:
            UsageError: it isn't one.
        """
        text = self.text(name)
        if text is None:
            return default
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise UsageError(f"{name}={text!r} isn't a whole number {_between(low, high)}")
        return value

    def url(self, name: str, default: str) -> str:
        """An http or https URL without its last slash.

        Raises:
            UsageError: it isn't one.
        """
        text = self.text(name, default) or default
        try:
            parts = urlsplit(text)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
            _ = parts.port  # raises when it isn't a number up to 65535
        except ValueError:
            usable = False
        if not usable:
            raise UsageError(f"{name}={text!r} isn't a URL like {default}")
        return text.rstrip("/")

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of the given words.

        Raises:
            UsageError: it is another.
        """
        value = self.text(name, default) or default
        if value not in choices:
            raise UsageError(f"{name}={value!r} isn't one of {', '.join(choices)}")
        return value


def _between(low: float, high: float) -> str:
    return f"from {low:g} up" if math.isinf(high) else f"from {low:g} to {high:g}"
