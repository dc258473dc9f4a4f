"""Only this machine is loaded, unless somebody says that another may be."""

import pytest

from seatrial.errors import UsageError
from seatrial.loads.target import check_target, listens


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:3002", "http://localhost", "http://[::1]:80", "http://127.1.2.3/x"]
)
def test_loopback_is_admitted(url: str) -> None:
    check_target(url)


@pytest.mark.parametrize(
    "url",
    ["http://example.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "https://0.0.0.0:1"],
)
def test_another_host_needs_the_opt_in(url: str) -> None:
    with pytest.raises(UsageError, match="--i-may-load-this-host"):
        check_target(url)
    check_target(url, any_host=True)


@pytest.mark.parametrize("url", ["", "127.0.0.1:80", "ftp://127.0.0.1", "http://", "file:///etc"])
def test_what_is_no_http_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(UsageError, match="isn't a URL such as"):
        check_target(url, any_host=True)


def test_nobody_listens_at_a_free_port(free_port: int) -> None:
    assert not listens(f"http://127.0.0.1:{free_port}")
