"""`seatrial infer` on a consumer whose numbers are known."""

from pathlib import Path

import pytest

from tests.inference.cases import cases
from tests.inference.judge import Verdict
from tests.inference.run import run


@pytest.mark.timeout(600)
def test_what_infer_says_of_a_consumer_is_never_wrong(tmp_path: Path) -> None:
    (case,) = [one for one in cases(seed=11) if one.name == "python-once"]
    ran = run(case, tmp_path, tmp_path, patience_s=5)
    assert not ran.failed
    wrong = [one for one in ran.judged if one.verdict is Verdict.WRONG]
    assert not wrong
    right = {one.name for one in ran.judged if one.verdict is Verdict.RIGHT}
    assert {"retry.attempts", "breaker"} <= right
