"""Answers that actions keep from one request to another, bounded."""

from collections import OrderedDict

from seatrial.tap.message import WholeAnswer

KEPT_BYTES = 64 * 1024 * 1024
"""The size of all answers together; the oldest are forgotten first."""
_ANSWER_BYTES = 1_000
"""About what an answer costs without its body."""


class ReplayStore:
    """Answers of the provider by the request that they belong to."""

    def __init__(self, limit_bytes: int = KEPT_BYTES) -> None:
        """Begin with none.

        Args:
            limit_bytes: the size of all that is kept.
        """
        self._limit = limit_bytes
        self._answers: OrderedDict[int, WholeAnswer] = OrderedDict()
        self._bytes = 0

    def keep(self, request: tuple[object, ...], answer: WholeAnswer) -> None:
        """Keep an answer."""
        before = self._answers.pop(hash(request), None)
        self._bytes += _cost(answer) - (_cost(before) if before else 0)
        self._answers[hash(request)] = answer
        while self._bytes > self._limit:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= _cost(oldest)

    def recall(self, request: tuple[object, ...]) -> WholeAnswer | None:
        """Return the answer that was kept, if it still is."""
        return self._answers.get(hash(request))


def _cost(answer: WholeAnswer) -> int:
    return len(answer.body) + _ANSWER_BYTES
