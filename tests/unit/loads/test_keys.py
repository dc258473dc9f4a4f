"""Ids are chosen by the seed, some far more often than others."""

from collections import Counter
from pathlib import Path

import pytest

from seatrial.errors import UsageError
from seatrial.loads.keys import ZipfKeys, read_keys, write_keys, zipf_weights


def _picks(seed: int, shard: int = 0, exponent: float = 1.0, count: int = 20_000) -> list[int]:
    keys = ZipfKeys(100, exponent=exponent, seed=seed, shard=shard)
    return [keys.pick() for _ in range(count)]


def test_same_seed_and_share_pick_the_same_ids() -> None:
    assert _picks(1) == _picks(1)
    assert _picks(1) != _picks(2)
    assert _picks(1, shard=0) != _picks(1, shard=1)


def test_all_shares_agree_on_what_is_popular() -> None:
    hottest = [Counter(_picks(1, shard)).most_common(3) for shard in range(3)]
    assert len({tuple(key for key, _ in found) for found in hottest}) == 1


def test_the_hot_ids_are_not_the_first_ones() -> None:
    tops = {Counter(_picks(seed)).most_common(1)[0][0] for seed in range(5)}
    assert len(tops) > 1


def test_picks_follow_zipf() -> None:
    counts = [count for _, count in Counter(_picks(1)).most_common()]
    weights = zipf_weights(100, 1.0)
    for rank in (0, 1, 4, 9):
        assert counts[rank] / 20_000 == pytest.approx(weights[rank], rel=0.15)


def test_exponent_zero_is_uniform() -> None:
    assert zipf_weights(4, 0.0) == [0.25] * 4
    counts = Counter(_picks(1, exponent=0.0))
    assert max(counts.values()) / min(counts.values()) < 2


def test_weights_sum_to_one() -> None:
    assert sum(zipf_weights(1000, 1.3)) == pytest.approx(1.0)


def test_no_ids_are_refused() -> None:
    with pytest.raises(UsageError, match="no ids"):
        ZipfKeys(0, exponent=1.0, seed=1)


def test_ids_survive_their_file(tmp_path: Path) -> None:
    write_keys(tmp_path / "ids.json", ["a", "b"])
    assert read_keys(tmp_path / "ids.json") == ("a", "b")


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", '["a", null]'])
def test_a_file_without_ids_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ids.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"ids\.json"):
        read_keys(path)
