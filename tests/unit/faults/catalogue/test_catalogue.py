"""The faults, on a proxy that notes what is asked of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from seatrial import faults as public
from seatrial.errors import UsageError
from seatrial.faults import FaultSpec, ProcessFault, Proxy, Target
from seatrial.faults.catalogue import faults
from seatrial.faults.errors import BadRequestError, ProxyNotFoundError, ToxicNotFoundError

PROCESS: dict[str, ProcessFault] = {"killed": public.killed(), "paused": public.paused()}
EXAMPLES: dict[str, FaultSpec] = {
    "down": public.down(),
    "bandwidth": public.bandwidth(kilobytes_per_s=5),
    "black_hole": public.black_hole(),
    "truncated": public.truncated(after_bytes=10),
    "jitter": public.jitter(up_to_s=0.1),
    "latency": public.latency(delay_s=0.25, jitter_s=0.05),
    "reset": public.reset(after_s=0.1),
    "reset_midway": public.reset_midway(after_bytes=10),
    "slices": public.slices(size=10, variation=2, pause_s=0.001),
    "slow_close": public.slow_close(delay_s=2),
}


REAL = ["latency", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data"]


class _FakeProxy:
    """A proxy's state, and the errors of a real one."""

    def __init__(self) -> None:
        self.enabled = True
        self.there: dict[str, tuple[str, str, dict[str, Any]]] = {}
        self.toxicities: list[float] = []
        self.knows = {*REAL, "reset_after"}

    def enable(self) -> None:
        self.enabled = True

    def disable(self) -> None:
        self.enabled = False

    def add_toxic(
        self,
        kind: str,
        stream: str = "downstream",
        toxicity: float = 1.0,
        *,
        name: str,
        **attributes: Any,
    ) -> None:
        if kind not in self.knows:
            raise BadRequestError("invalid toxic type", 400)
        self.there[name] = (kind, stream, attributes)
        self.toxicities.append(toxicity)

    def remove_toxic(self, name: str) -> None:
        if name not in self.there:
            raise ToxicNotFoundError("gone", 404)
        del self.there[name]


def _proxy(fake: Any) -> Proxy:
    return cast("Proxy", fake)


def test_every_fault_is_registered_and_public_by_its_name() -> None:
    assert list(faults()) == sorted(EXAMPLES | PROCESS)
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
        EXAMPLES[name].revert(_proxy(fake))
    assert (fake.there, fake.enabled) == ({}, True)


@pytest.mark.parametrize("name", EXAMPLES)
def test_lifting_from_a_proxy_that_is_gone_is_no_error(name: str) -> None:
    class Gone:
        def _gone(self, *_: object) -> None:
            raise ProxyNotFoundError("proxy not found", 404)

        enable = remove_toxic = _gone

    EXAMPLES[name].revert(_proxy(Gone()))


def test_units_are_those_of_the_toxics() -> None:
    fake = _FakeProxy()
    for name in ("latency", "jitter", "reset", "slices", "slow_close", "reset_midway"):
        EXAMPLES[name].apply(_proxy(fake))
    assert list(fake.there.values()) == [
        ("latency", "downstream", {"latency": 250, "jitter": 50}),
        ("latency", "downstream", {"latency": 50, "jitter": 50}),
        ("reset_peer", "upstream", {"timeout": 100}),
        ("slicer", "downstream", {"average_size": 10, "size_variation": 2, "delay": 1000}),
        ("slow_close", "downstream", {"delay": 2000}),
        ("reset_after", "downstream", {"bytes": 10}),
    ]
    assert set(fake.toxicities) == {1.0}


def test_real_server_is_brought_to_a_reset_midway_by_two_toxics() -> None:
    fake = _FakeProxy()
    fake.knows.discard("reset_after")
    EXAMPLES["reset_midway"].apply(_proxy(fake))
    assert {kind: more for kind, _, more in fake.there.values()} == {
        "reset_peer": {"timeout": 0},
        "limit_data": {"bytes": 10},
    }
    assert fake.toxicities == [0, 1.0]
    EXAMPLES["reset_midway"].revert(_proxy(fake))
    assert fake.there == {}


def test_share_is_the_toxics_toxicity() -> None:
    fake = _FakeProxy()
    public.black_hole(share=0.25).apply(_proxy(fake))
    assert fake.toxicities == [0.25]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: public.latency(-1), "the fault latency: delay_s must be 0 or more, not -1"),
        (lambda: public.black_hole(share=1.5), "black_hole: share must be from 0 to 1, not 1.5"),
        (lambda: public.slices(size=0), "variation must be less than size"),
        (lambda: public.truncated(10**12), "after_bytes must be"),
        (lambda: public.latency(float("nan")), "delay_s must be"),
    ],
)
def test_fault_that_cant_be_is_refused(make: Callable[[], FaultSpec], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make()


def test_faults_are_frozen_values() -> None:
    assert public.latency(0.1) == public.latency(0.1) != public.latency(0.2)
    for example in (*EXAMPLES.values(), *PROCESS.values()):
        assert hash(example) == hash(replace(example))


@pytest.mark.parametrize("name", PROCESS)
def test_process_fault_begins_and_ends(name: str) -> None:
    did: list[str] = []

    class Noting:
        def __getattr__(self, what: str) -> Callable[[], None]:
            return lambda: did.append(what)

    target = cast("Target", Noting())
    PROCESS[name].apply(target)
    PROCESS[name].revert(target)
    assert did == {"killed": ["kill", "restart"], "paused": ["pause", "resume"]}[name]
