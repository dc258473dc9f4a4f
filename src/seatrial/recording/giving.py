"""An answer as the tap gives it, in the provider's place."""

import base64

from seatrial.pacts import HttpAnswer
from seatrial.tap import AnswerWith

_FRAMING = frozenset(("connection", "content-length", "keep-alive", "transfer-encoding"))


def given(answer: HttpAnswer) -> AnswerWith:
    """Return the tap's action that gives an answer, with "?" for what no header can carry."""
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in answer.headers:
        if name.lower() not in _FRAMING:
            said = "".join(c if " " <= c <= "~" or c == "\t" else "?" for c in value)
            headers[name.lower()] = (*headers.get(name.lower(), ()), said)
    body = base64.b64encode(answer.body).decode()
    return AnswerWith(status=answer.status, headers=headers, body=body)
