"""What is said of the mutants."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from tests.mutation.explanations import Explanations
from tests.mutation.judging import Judgement

FOUND = ("killed", "crashed", "hung")
_WORDS = (*FOUND, "survived", "not reached")


def table(
    found: Sequence[Judgement], explained: Mapping[str, int], known: Collection[str]
) -> list[str]:
    """Return the lines of the table, those that survived, and the score.

    Args:
        found: what became of the mutants that were run.
        explained: by module, how many weren't, since the committed list says why they survive.
        known: keys of those that are known to survive, without an explanation.
    """
    columns = "".join(f"{word:>12}" for word in (*_WORDS, "explained", "score"))
    modules = dict.fromkeys((*(one.module for one in found), *explained))
    left = [one for one in found if one.word not in FOUND]
    total = sum(explained.values())
    return [
        f"{'module':34}{columns}",
        *(
            _row(module, [one for one in found if one.module == module], explained.get(module, 0))
            for module in modules
        ),
        _row("all", found, total),
        *(f"{one.word}{', as known' * (one.key in known)}: {one.key}" for one in left),
        *(f"{one.word}, known as open: {one.key}" for one in no_longer(found, known)),
        f"mutants_policy {len(found)}",
        f"mutants_policy_survived {len(left)}",
        f"mutants_policy_explained {total}",
        f"mutation_score {_score(found):.3f}",
    ]


def no_longer(found: Sequence[Judgement], known: Collection[str]) -> list[Judgement]:
    """Return those that are found by now, and belong on no list."""
    return [one for one in found if one.word in FOUND and one.key in known]


def _row(name: str, found: Sequence[Judgement], explained: int) -> str:
    count = Counter(one.word for one in found)
    numbers = "".join(f"{count[word]:>12}" for word in _WORDS)
    return f"{name:34}{numbers}{explained:>12}{_score(found):>12.3f}"


def _score(found: Sequence[Judgement]) -> float:
    """Return the share that was found."""
    return sum(one.word in FOUND for one in found) / len(found) if found else 1.0


def wrongly_explained(found: Sequence[Judgement], explanations: Explanations) -> list[str]:
    """Return what the list explains although it is found, and what it has for nothing."""
    wrong = [
        f"explained, but {one.word}: {one.key}  {one.by}/{one.check}".rstrip(" /")
        for one in found
        if one.word in FOUND
    ]
    fitting = {pattern for one in found for pattern in explanations.of(one.key)}
    idle = [f"explains nothing: {one}" for one in explanations.patterns if one not in fitting]
    return wrong + idle
