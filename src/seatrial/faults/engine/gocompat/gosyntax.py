"""The words of Go's JSON scanner for text that isn't JSON; clients of Toxiproxy see them."""

from collections.abc import Callable
from typing import Any, NoReturn

_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_ESCAPES |= {ord("\\"): "\\\\", ord("'"): "\\'"}
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_SPACE = b" \t\r\n"
_HEX = b"0123456789abcdefABCDEF"
_DIGITS = b"0123456789"
_CLOSERS = {"{": "}", "[": "]"}
_AFTER = {"{": "after object key:value pair", "[": "after array element"}


class GoSyntaxError(ValueError):
    """The text isn't JSON; the message is Go's."""


def check(data: bytes) -> None:
    """Read one JSON value as Go's decoder does, ignoring what follows it.

    Raises:
        GoSyntaxError: it isn't one; "EOF" when there is nothing but white space.
    """
    if not data.strip(_SPACE):
        raise GoSyntaxError("EOF")
    scan = _Scan(data)
    expected: Callable[[], Any] | None = scan.value
    while expected is not None:
        expected = expected()


def _quoted(byte: int) -> str:
    char = chr(byte)
    if byte in _ESCAPES:
        char = _ESCAPES[byte]
    elif not char.isprintable():
        char = f"\\x{byte:02x}" if byte < 0x80 else f"\\u{byte:04x}"
    return f"'{char}'"


class _Scan:
    """A position in the text and the brackets open there; a step returns the one that may follow.

    Steps instead of recursion: a megabyte of brackets must not exhaust the stack.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.open: list[str] = []

    def value(self) -> Callable[[], Any] | None:
        byte = self._token()
        char = chr(byte)
        if char in _CLOSERS:
            self.at += 1
            self.open.append(char)
            return self.first
        if char == '"':
            self._string()
        elif char in _LITERALS:
            self._literal(_LITERALS[char])
        elif char == "-" or byte in _DIGITS:
            self._number()
        else:
            _fail(byte, "looking for beginning of value")
        return self.after if self.open else None

    def first(self) -> Callable[[], Any] | None:
        """Take what follows an opening bracket."""
        if chr(self._token()) == _CLOSERS[self.open[-1]]:
            return self.after()
        return self.key if self.open[-1] == "{" else self.value

    def key(self) -> Callable[[], Any] | None:
        byte = self._token()
        if byte != ord('"'):
            _fail(byte, "looking for beginning of object key string")
        self._string()
        byte = self._token()
        if byte != ord(":"):
            _fail(byte, "after object key")
        self.at += 1
        return self.value

    def after(self) -> Callable[[], Any] | None:
        """Take what follows a value inside brackets."""
        bracket = self.open[-1]
        byte = self._token()
        self.at += 1
        if chr(byte) == _CLOSERS[bracket]:
            self.open.pop()
            return self.after if self.open else None
        if byte != ord(","):
            _fail(byte, _AFTER[bracket])
        return self.key if bracket == "{" else self.value

    def _string(self) -> None:
        self.at += 1
        while (byte := self._take()) != ord('"'):
            if byte == ord("\\"):
                self._escape()
            elif byte < 0x20:
                _fail(byte, "in string literal")

    def _escape(self) -> None:
        byte = self._take()
        if byte == ord("u"):
            for _ in range(4):
                self._one_of(_HEX, "in \\u hexadecimal character escape")
        elif byte not in b'bfnrt\\/"':
            _fail(byte, "in string escape code")

    def _literal(self, word: str) -> None:
        self.at += 1
        for char in word[1:]:
            self._one_of(char.encode(), f"in literal {word} (expecting '{char}')")

    def _number(self) -> None:
        self._optional(b"-")
        if self._one_of(_DIGITS, "in numeric literal") != ord("0"):
            self._skip(_DIGITS)
        if self._optional(b"."):
            self._one_of(_DIGITS, "after decimal point in numeric literal")
            self._skip(_DIGITS)
        if self._optional(b"eE"):
            self._optional(b"+-")
            self._one_of(_DIGITS, "in exponent of numeric literal")
            self._skip(_DIGITS)

    def _skip(self, allowed: bytes) -> None:
        while self._optional(allowed):
            pass

    def _optional(self, allowed: bytes) -> bool:
        found = self.at < len(self.data) and self.data[self.at] in allowed
        self.at += found
        return found

    def _one_of(self, allowed: bytes, context: str) -> int:
        byte = self._take()
        if byte not in allowed:
            _fail(byte, context)
        return byte

    def _token(self) -> int:
        """Return the next byte that isn't white space, without taking it."""
        self._skip(_SPACE)
        self._take()
        self.at -= 1
        return self.data[self.at]

    def _take(self) -> int:
        if self.at >= len(self.data):
            raise GoSyntaxError("unexpected EOF")
        self.at += 1
        return self.data[self.at - 1]


def _fail(byte: int, context: str) -> NoReturn:
    raise GoSyntaxError(f"invalid character {_quoted(byte)} {context}")
