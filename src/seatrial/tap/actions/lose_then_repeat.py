"""An answer that is lost, and given again to whoever repeats the request."""

from typing import Literal

from seatrial.tap.actions.base import Action, Exchange


class LoseThenRepeat(Action):
    """Lets the provider do its work, loses the answer, and gives it when the request is repeated.

    The same request has the same Idempotency-Key, or without one the same trace id and target; the
    provider isn't asked again. One that comes with another key is another request: it is passed on,
    and its answer is lost too.
    """

    kind: Literal["lose_then_repeat"] = "lose_then_repeat"
    then: Literal["reset", "close"] = "reset"
    """The end of the first connection."""

    async def act(self, exchange: Exchange) -> None:
        """Answer with what is kept; else ask, keep the answer, and end the connection."""
        kept = exchange.recall()
        if kept is not None:
            await exchange.answer(kept.status, kept.headers, kept.body)
            return
        exchange.keep(await exchange.fetch())
        (exchange.reset if self.then == "reset" else exchange.close)()
