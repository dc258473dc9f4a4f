"""Addresses, without a network; their words are compared in the conformance suite."""

import pytest

from seatrial.faults.engine.addresses import Address, AddressError, port_number, resolve, split


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("127.0.0.1:80", ("127.0.0.1", "80")),
        (":80", ("", "80")),
        ("host:", ("host", "")),
        ("[::1]:http", ("::1", "http")),
        ("[]:1", ("", "1")),
    ],
)
def test_address_is_split_at_its_last_colon(address: str, parts: tuple[str, str]) -> None:
    assert split(address) == parts


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", "missing port"),
        ("host", "missing port"),
        ("::1:80", "too many colons"),
        ("[::1]:80:90", "too many colons"),
        ("[::1]80", "missing port"),
        ("[::1", "missing ']'"),
        ("ho[st:1", "unexpected '['"),
        ("ho]st:1", "unexpected ']'"),
        ("[a]b]:1", "missing port"),
        ("[a[b]:1", "unexpected '['"),
    ],
)
def test_malformed_address_is_named_with_its_problem(address: str, problem: str) -> None:
    with pytest.raises(AddressError) as caught:
        split(address)
    assert str(caught.value).startswith(f"address {address}: {problem}")


def test_port_is_a_number_or_a_service() -> None:
    assert (port_number(""), port_number("0"), port_number("65535")) == (0, 0, 65535)
    assert port_number("http") == 80
    for wrong in ("65536", "-1", "99999999999999999999"):
        with pytest.raises(AddressError, match=f"address {wrong}: invalid port"):
            port_number(wrong)
    with pytest.raises(AddressError, match="lookup tcp/nonsense: unknown port"):
        port_number("nonsense")


async def test_literal_addresses_need_no_lookup() -> None:
    assert await resolve("") == Address("", 0)
    assert str(await resolve("[0:0:0:0:0:0:0:1]:5")) == "[::1]:5"
    assert str(await resolve("127.0.0.1:5")) == "127.0.0.1:5"


@pytest.mark.parametrize(
    ("wanted", "bound", "same"),
    [
        (Address("127.0.0.1", 5), Address("127.0.0.1", 5), True),
        (Address("127.0.0.1", 0), Address("127.0.0.1", 5), True),
        (Address("", 0), Address("::", 5), True),
        (Address("0.0.0.0", 5), Address("::", 5), True),
        (Address("127.0.0.1", 6), Address("127.0.0.1", 5), False),
        (Address("127.0.0.1", 5), Address("::", 5), False),
        (Address("", 5), Address("127.0.0.1", 5), False),
    ],
)
def test_bound_address_may_already_be_what_is_wanted(
    wanted: Address, bound: Address, same: bool
) -> None:
    assert wanted.asks_for(bound) is same
