"""Settings that can't work end the process with one sentence and exit status 2."""

import socket
from pathlib import Path

import pytest

from stubs.marketplace.app import create_app as create_marketplace
from stubs.marketplace.settings import MarketplaceSettings
from stubs.settings import Environment
from stubs.user.app import UserSettings
from stubs.user.app import create_app as create_user
from stubs.web import open_listener, run_service


def refuse(capsys: pytest.CaptureFixture[str], **environment: str) -> str:
    """Return what user-service says when it refuses to start with these variables."""
    status = run_service(
        "user-service",
        lambda given, tracer: create_user(UserSettings.read(given), tracer),
        Environment(environment),
    )
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1), err
    return err


@pytest.mark.parametrize("url", ["nonsense", "postgresql://x", "sqlite:////no/folder/u.db", ""])
def test_a_database_url_that_cannot_be_used(capsys: pytest.CaptureFixture[str], url: str) -> None:
    assert refuse(capsys, DATABASE_URL=url).startswith("user-service: DATABASE_URL")


def test_a_file_that_is_no_database(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "users.sqlite"
    file.write_text("this is no database, and long enough to be read")
    assert "can't be used (file is not a database)" in refuse(
        capsys, DATABASE_URL=f"sqlite:///{file}"
    )


@pytest.mark.parametrize("port", ["70000", "x", "-1"])
def test_a_port_that_cannot_be(capsys: pytest.CaptureFixture[str], port: str) -> None:
    assert f"PORT='{port}' isn't a whole number" in refuse(capsys, PORT=port)


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"can't listen on 127.0.0.1:{port}" in refuse(capsys, PORT=str(port))


def test_a_host_that_is_not_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert "can't listen on 192.0.2.1:0" in refuse(capsys, HOST="192.0.2.1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("USER_CLIENT_ATTEMPTS", "0"),
        ("USER_CLIENT_OPEN_S", "soon"),
        ("USER_CLIENT", "best"),
        ("USER_SERVICE_URL", "nowhere"),
        ("REDIS_URL", "http://x"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://x/y"),
        ("PAYMENTS_SERVICE_URL", "nowhere"),
        ("PAYMENTS_CLIENT_DEADLINE_S", "never"),
    ],
)
def test_a_setting_of_the_marketplace_that_cannot_be(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, value: str
) -> None:
    status = run_service(
        "marketplace-service",
        lambda given, tracer: create_marketplace(MarketplaceSettings.read(given), tracer),
        Environment({"DATABASE_URL": f"sqlite:///{tmp_path}/m.sqlite", name: value}),
    )
    said = capsys.readouterr().err
    assert (status, said.count("\n")) == (2, 1)
    assert said.startswith("marketplace-service: ")
    assert name in said


def test_answers_do_not_wait_for_the_acknowledgement_of_those_before() -> None:
    with open_listener(Environment({})) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # what asyncio turns Nagle's delay off for
        assert listener.getsockname()[0] == "127.0.0.1"
