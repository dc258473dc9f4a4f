"""Addresses in the form that a service wants."""

import pytest
from pydantic import ValidationError

from seatrial.config import DeclaredService
from seatrial.config.addresses import named_services, provider_address, service_address

URLS = {"users": "http://127.0.0.1:8001", "mail": "http://127.0.0.1:8002"}


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("users", "http://127.0.0.1:8001"),
        ("{users}/v1", "http://127.0.0.1:8001/v1"),
        ("{users.host}", "127.0.0.1"),
        ("{users.port}", "8001"),
        ("{users.host}:{users.port},{mail.port}", "127.0.0.1:8001,8002"),
    ],
)
def test_variable_holds_a_services_address_in_its_form(form: str, value: str) -> None:
    assert service_address(form, URLS) == value
    assert "users" in named_services(form)


def test_provider_is_named_by_url_host_and_port() -> None:
    form = "tcp://{host}:{port}/{url}"
    assert provider_address(form, "http://h:9") == "tcp://h:9/http://h:9"


@pytest.mark.parametrize("form", ["{users.path}", "{}", "Users", "http://users:1", ""])
def test_other_forms_are_refused(form: str) -> None:
    with pytest.raises(ValidationError):
        DeclaredService.model_validate({"command": ["x"], "addresses": {"A": form}})
