"""A fault says its values, so that a bar in a picture can."""

import pytest

from seatrial.faults import bandwidth, down, latency
from seatrial.tap import Rule, Status, When
from seatrial.wires import AnyFault, fault_text


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (down(), "down"),
        (latency(0.5), "latency delay 0.5 s"),
        (bandwidth(20), "bandwidth kilobytes per s 20"),
        (Status(status=503), "status 503"),
        (Status(status=429, retry_after_s=2), "status 429 retry after 2 s"),
        (Rule(do=Status(status=503), when=When(first=2)), "status 503, first 2"),
    ],
)
def test_a_fault_says_what_it_was_given(fault: AnyFault, text: str) -> None:
    assert fault_text(fault) == text
