"""Patterns of text on the wire, written so that every engine reads them alike.

A class like "white space" is another set of characters in each of Rust, Python and ECMAScript, and
a document's reader may use any of them.
"""

from typing import Final

# White space, in the union of the engines' sets, and the controls. PostgreSQL can't keep a NUL.
_BLANK: Final = r"\x00-\x20\x7f-\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
NO_NUL: Final = r"^[^\x00]*$"
NOT_BLANK: Final = rf"^[^\x00]*[^{_BLANK}][^\x00]*$"
EMAIL: Final = rf"^[^@{_BLANK}]+@[^@{_BLANK}]+$"

_HEX: Final = "[0-9A-Fa-f]{1,4}"
_IPV6: Final = "|".join(
    [
        rf"(?:{_HEX}:){{7}}(?:{_HEX}|:)",
        *(rf"(?:{_HEX}:){{{n}}}(?:(?::{_HEX}){{1,{7 - n}}}|:)" for n in range(6, 0, -1)),
        rf":(?:(?::{_HEX}){{1,7}}|:)",
    ]
)
_NAME: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
_PORT: Final = "(?:[0-9]{0,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
HTTP_URL: Final = (
    rf"^https?://(?:(?:{_NAME[:-1]}|:)*@)?(?:{_NAME}|\[(?:{_IPV6})\])(?::{_PORT})?"
    rf"(?:[/?#][^{_BLANK}]*)?$"
)
"""RFC 3986's host, in which other letters are written as punycode; then what has no space."""
