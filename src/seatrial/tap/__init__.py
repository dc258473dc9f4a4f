"""The tap: a small HTTP/1.1 reverse proxy before a provider, with a journal and a fault plan.

It writes down what reaches the provider, and does to requests what a proxy that knows only TCP
can't. `python -m seatrial.tap` is the process, `start_tap` starts it, `TapClient` asks it. The
process needs the extra `seatrial[chaos]`; the client and the plan's models don't.
"""

from typing import TYPE_CHECKING

from seatrial.lazy import lazy
from seatrial.tap.actions import (
    ACTIONS,
    Action,
    Answering,
    AnyAction,
    Exchange,
    ProviderAnswer,
)
from seatrial.tap.actions.another_schema import AnotherSchema, JsonChange, reshaped
from seatrial.tap.actions.answer_with import AnswerWith
from seatrial.tap.actions.body import Body
from seatrial.tap.actions.broken_json import BrokenJson
from seatrial.tap.actions.close import Close
from seatrial.tap.actions.delay import Delay
from seatrial.tap.actions.drip import Drip
from seatrial.tap.actions.empty_body import EmptyBody
from seatrial.tap.actions.forward import Forward
from seatrial.tap.actions.forward_then import ForwardThen
from seatrial.tap.actions.half_body import HalfBody
from seatrial.tap.actions.hang import Hang
from seatrial.tap.actions.hold import Hold
from seatrial.tap.actions.lose_then_repeat import LoseThenRepeat
from seatrial.tap.actions.record import Record
from seatrial.tap.actions.reset import Reset
from seatrial.tap.actions.status import Status
from seatrial.tap.barrier import BarrierOrder, BarrierPlace, BarrierState
from seatrial.tap.interception import Intercept, Interceptor
from seatrial.tap.journal import JournalEntry, JournalPage
from seatrial.tap.plan import Match, PlanState, Rule, When
from seatrial.tap.recording import RecordedExchange, Recordings

if TYPE_CHECKING:
    from seatrial.tap.client import TapClient
    from seatrial.tap.in_loop import LoopTap, serve_tap
    from seatrial.tap.process import RunningTap, start_tap
    from seatrial.tap.transport import PlainTransport

__all__ = [
    "ACTIONS",
    "Action",
    "AnotherSchema",
    "AnswerWith",
    "Answering",
    "AnyAction",
    "BarrierOrder",
    "BarrierPlace",
    "BarrierState",
    "Body",
    "BrokenJson",
    "Close",
    "Delay",
    "Drip",
    "EmptyBody",
    "Exchange",
    "Forward",
    "ForwardThen",
    "HalfBody",
    "Hang",
    "Hold",
    "Intercept",
    "Interceptor",
    "JournalEntry",
    "JournalPage",
    "JsonChange",
    "LoopTap",
    "LoseThenRepeat",
    "Match",
    "PlainTransport",
    "PlanState",
    "ProviderAnswer",
    "Record",
    "RecordedExchange",
    "Recordings",
    "Reset",
    "Rule",
    "RunningTap",
    "Status",
    "TapClient",
    "When",
    "reshaped",
    "serve_tap",
    "start_tap",
]

# The tap's own process loads this package too, and needs none of these: httpx takes a third of
# its start.
__getattr__ = lazy(
    __name__,
    {
        "client": "TapClient",
        "in_loop": "LoopTap serve_tap",
        "process": "RunningTap start_tap",
        "transport": "PlainTransport",
    },
)
