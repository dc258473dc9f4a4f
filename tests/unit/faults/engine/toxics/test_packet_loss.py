"""packet_loss with a fixed seed."""

from itertools import pairwise

import pytest

from seatrial.faults.engine.toxics.packet_loss import PacketLossToxic

from ..rig import Rig


def _lost(toxic: PacketLossToxic, count: int = 2000) -> list[bool]:
    rig = Rig()
    stage = rig.stage(toxic)
    lost = []
    for _ in range(count):
        before = len(rig.arrived)
        rig.send(stage, b"x")
        lost.append(len(rig.arrived) == before)
    return lost


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.7, 1.0])
def test_share_of_chunks_is_lost(rate: float) -> None:
    assert sum(_lost(PacketLossToxic(loss_rate=rate))) / 2000 == pytest.approx(rate, abs=0.04)


def test_correlated_losses_come_in_bursts() -> None:
    lost = _lost(PacketLossToxic(loss_rate=0.2, correlation=0.6))
    after_loss = [second for first, second in pairwise(lost) if first]
    after_none = [second for first, second in pairwise(lost) if not first]
    assert sum(after_loss) / len(after_loss) == pytest.approx(0.8, abs=0.06)
    assert sum(after_none) / len(after_none) == pytest.approx(0.2, abs=0.06)


def test_rates_beyond_a_chance_count_as_its_bounds() -> None:
    assert not any(_lost(PacketLossToxic(loss_rate=-3.0), 50))
    assert all(_lost(PacketLossToxic(loss_rate=9.0), 50))
