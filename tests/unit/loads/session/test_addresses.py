"""The variable of a service's own address is made of its name."""

import pytest

from seatrial.loads.session.addresses import address_variable


@pytest.mark.parametrize(
    ("service", "variable"),
    [
        ("user-service", "SEATRIAL_USER_SERVICE_URL"),
        ("shop", "SEATRIAL_SHOP_URL"),
        ("2nd-shop", "SEATRIAL_2ND_SHOP_URL"),
    ],
)
def test_each_service_has_a_variable_of_its_own(service: str, variable: str) -> None:
    assert address_variable(service) == variable
