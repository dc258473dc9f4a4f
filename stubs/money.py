"""Money on the wire: an integer of minor units with a currency, never a float."""

from typing import Annotated, Final

import iso4217
from pydantic import AfterValidator, Field, WithJsonSchema

LARGEST_AMOUNT: Final = 10**12

CURRENCIES: Final = frozenset(currency.code for currency in iso4217.Currency)
"""The codes on the ISO 4217 list."""


def _listed(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("it isn't an upper-case code on the ISO 4217 list")
    return code


DIGITS_ALONE: Final = "in digits alone: 100.0 and 1e2 are refused"

# Strict, or 100.0 and "100" would be taken for 100.
Amount = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=LARGEST_AMOUNT,
        # JSON Schema can't distinguish 100.0 from 100, so words must.
        description=f"Minor units of a currency, {DIGITS_ALONE}.",
    ),
]
"""Minor units of a currency."""

Currency = Annotated[
    str,
    AfterValidator(_listed),
    WithJsonSchema({"type": "string", "enum": sorted(CURRENCIES), "description": "ISO 4217"}),
]
"""A currency's code."""
