"""What actions keep from one request to another, bounded."""

from collections import OrderedDict

from seatrial.tap.message import Answer

KEPT_BYTES = 64 * 1024 * 1024
"""Of all answers together; the oldest are forgotten first."""
_ANSWER_BYTES = 1_000
"""About what an answer costs beside its body."""


class Memory:
    """Answers of the provider by the request that they belong to."""

    def __init__(self, limit_bytes: int = KEPT_BYTES) -> None:
        """Take how much is kept, bytes."""
        self._limit = limit_bytes
        self._answers: OrderedDict[int, Answer] = OrderedDict()
        self._bytes = 0

    def keep(self, request: tuple[object, ...], answer: Answer) -> None:
        """Keep an answer."""
        before = self._answers.pop(hash(request), None)
        self._bytes += _cost(answer) - (_cost(before) if before else 0)
        self._answers[hash(request)] = answer
        while self._bytes > self._limit:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= _cost(oldest)

    def recall(self, request: tuple[object, ...]) -> Answer | None:
        """The answer that was kept, if it still is."""
        return self._answers.get(hash(request))


def _cost(answer: Answer) -> int:
    return len(answer.body) + _ANSWER_BYTES
