"""Where a profile reaches the services themselves: a variable of the environment for each."""

import re


def address_variable(service: str) -> str:
    """Return the variable that holds a service's URL: SEATRIAL_SHOP_API_URL for "shop-api"."""
    return f"SEATRIAL_{re.sub(r'[^A-Z0-9]', '_', service.upper())}_URL"
