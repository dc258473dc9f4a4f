"""Which URLs the tap can forward to."""

import pytest

from seatrial.errors import UsageError
from seatrial.tap.provider import ProviderAddress


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8000", ProviderAddress("127.0.0.1", 8000)),
        ("http://users.internal/", ProviderAddress("users.internal", 80)),
        ("https://users.internal", ProviderAddress("users.internal", 443, tls=True)),
        ("http://[::1]:9", ProviderAddress("::1", 9)),
    ],
)
def test_address_of_a_url(url: str, address: ProviderAddress) -> None:
    assert ProviderAddress.of(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8000",
        "ftp://a",
        "http://",
        "http://a:port",
        "http://a:99999",
        "http://a/path",
        "http://a?query",
        "http://me:secret@a",
        "http://[::1",
    ],
)
def test_other_urls_are_refused_by_name(url: str) -> None:
    with pytest.raises(UsageError, match="--upstream"):
        ProviderAddress.of(url)
