"""The faults, on a proxy that notes what is asked of it."""

from dataclasses import fields
from typing import Any, cast

import pytest

from seatrial import faults as public
from seatrial.faults import FaultSpec, Proxy
from seatrial.faults.catalogue import ToxicFault, faults
from seatrial.faults.errors import ProxyNotFoundError, ToxicNotFoundError

EXAMPLES: dict[str, FaultSpec] = {
    "away": public.away(),
    "bandwidth": public.bandwidth(kilobytes_per_s=5),
    "black_hole": public.black_hole(),
    "cut_off": public.cut_off(after_bytes=10),
    "latency": public.latency(delay_s=0.25, jitter_s=0.05),
    "reset": public.reset(after_s=0.1),
    "slices": public.slices(size=10, variation=2, pause_s=0.001),
    "slow_close": public.slow_close(delay_s=2),
}


class _FakeProxy:
    """A proxy's state, and the errors of a real one."""

    def __init__(self) -> None:
        self.enabled = True
        self.there: dict[str, tuple[str, str, dict[str, Any]]] = {}

    def enable(self) -> None:
        self.enabled = True

    def disable(self) -> None:
        self.enabled = False

    def add_toxic(self, kind: str, stream: str, name: str, **attributes: Any) -> None:
        self.there[name] = (kind, stream, attributes)

    def remove_toxic(self, name: str) -> None:
        if name not in self.there:
            raise ToxicNotFoundError("gone", 404)
        del self.there[name]


def _proxy(fake: Any) -> Proxy:
    return cast("Proxy", fake)


def test_every_fault_is_registered_and_public_by_its_name() -> None:
    assert list(faults()) == sorted(EXAMPLES)
    for name, cls in faults().items():
        assert getattr(public, name) is cls
        assert cls.__doc__


@pytest.mark.parametrize("name", EXAMPLES)
def test_fault_is_lifted_whatever_happens(name: str) -> None:
    fake = _FakeProxy()

    def failing() -> None:
        with EXAMPLES[name].on(_proxy(fake)):
            assert fake.there or not fake.enabled
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert (fake.there, fake.enabled) == ({}, True)


@pytest.mark.parametrize("name", EXAMPLES)
def test_fault_can_be_applied_and_lifted_twice(name: str) -> None:
    fake = _FakeProxy()
    for _ in range(2):
        EXAMPLES[name].apply(_proxy(fake))
    for _ in range(2):
        EXAMPLES[name].lift(_proxy(fake))
    assert (fake.there, fake.enabled) == ({}, True)


@pytest.mark.parametrize("name", EXAMPLES)
def test_lifting_from_a_proxy_that_is_gone_is_no_error(name: str) -> None:
    class Gone:
        def _gone(self, *_: object) -> None:
            raise ProxyNotFoundError("proxy not found", 404)

        enable = remove_toxic = _gone

    EXAMPLES[name].lift(_proxy(Gone()))


def test_units_are_those_of_the_toxics() -> None:
    fake = _FakeProxy()
    for name in ("latency", "reset", "slices", "slow_close"):
        EXAMPLES[name].apply(_proxy(fake))
    assert list(fake.there.values()) == [
        ("latency", "downstream", {"latency": 250, "jitter": 50}),
        ("reset_peer", "upstream", {"timeout": 100}),
        ("slicer", "downstream", {"average_size": 10, "size_variation": 2, "delay": 1000}),
        ("slow_close", "downstream", {"delay": 2000}),
    ]


def test_faults_are_frozen_values() -> None:
    assert public.latency(0.1) == public.latency(0.1) != public.latency(0.2)
    for example in EXAMPLES.values():
        assert hash(example) == hash(
            type(example)(*(getattr(example, f.name) for f in fields(example)))
        )
        assert isinstance(example, ToxicFault) or example.name == "away"
