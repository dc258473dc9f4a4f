"""Faults in force together end one by one, in any order."""

from itertools import permutations, product
from typing import cast

from seatrial.faults import ProcessFault, Proxy, down, killed, paused
from seatrial.wires.terms import HeldFaults


class Service:
    """A target that keeps its state."""

    def __init__(self) -> None:
        self.alive = True
        self.frozen = False

    def kill(self) -> None:
        """End."""
        self.alive = self.frozen = False

    def restart(self) -> None:
        """Live again, unless it does."""
        if not self.alive:
            self.alive, self.frozen = True, False

    def pause(self) -> None:
        """Freeze."""
        self.frozen = self.alive

    def resume(self) -> None:
        """Go on."""
        self.frozen = False


class Link:
    """A proxy that can be disabled."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def disable(self) -> None:
        """Refuse."""
        self.said.append("disable")

    def enable(self) -> None:
        """Listen."""
        self.said.append("enable")


def test_process_is_as_the_faults_in_force_say_in_every_order() -> None:
    kinds = (killed(), paused(), killed(), paused())
    for begun, ended in product(permutations(kinds), permutations(range(4))):
        _follow(begun, ended)


def _follow(begun: tuple[ProcessFault, ...], ended: tuple[int, ...]) -> None:
    service, faults = Service(), HeldFaults()
    held = [faults.on_process(kind, "provider", service) for kind in begun]
    for one in held:
        faults.begin(one)
    left = list(begun)
    for place in ended:
        faults.end(held[place])
        left.remove(begun[place])
        assert service.alive == (killed() not in left)
        assert service.frozen == (paused() in left and service.alive)


def test_link_that_is_down_twice_comes_back_once_and_never_between() -> None:
    link, held = Link(), HeldFaults()
    outer, inner = (held.on_link(down(), "provider", cast("Proxy", link)) for _ in range(2))
    for one in (outer, inner):
        held.begin(one)
    held.end(outer)
    assert link.said == ["disable"]
    held.end(inner)
    held.end(inner)
    assert link.said == ["disable", "enable"]


def test_fault_of_a_link_leaves_a_process_of_its_name_alone() -> None:
    service, link, held = Service(), Link(), HeldFaults()
    process = held.on_process(killed(), "provider", service)
    network = held.on_link(down(), "provider", cast("Proxy", link))
    held.begin(process)
    held.begin(network)
    held.end(network)
    assert not service.alive
    held.end(process)
    assert service.alive
