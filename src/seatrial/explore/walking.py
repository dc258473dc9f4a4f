"""A journey on its way through the system, and what its end says."""

import traceback

from seatrial.errors import InvalidRun, UsageError
from seatrial.explore.driven import Driven, one_line
from seatrial.explore.journeys import Journey
from seatrial.explore.kinds import is_good_answer
from seatrial.explore.model import Violation
from seatrial.explore.system import NoAnswer, System, Way

_CANNOT_READ = (AttributeError, LookupError, TypeError, ValueError)
"""What a journey raises that reads what isn't in an answer."""


async def walk(journey: Journey, system: System, way: Way, driven: Driven) -> None:
    """Take a journey through a system, and note why it ended and what it says.

    Raises:
        UsageError: it can't be run so.
        InvalidRun: what it was run on can't be trusted.
    """
    try:
        await journey.run(system)
    except NoAnswer as error:
        driven.stopped = str(error)
    except (UsageError, InvalidRun):
        raise
    except (AssertionError, *_CANNOT_READ) as error:
        said = driven.stopped = one_line(error)
        asserted = isinstance(error, AssertionError)
        # An assertion is about the last answer; what can't be read may be in any.
        looked_at = way.steps[-1:] if asserted else way.steps
        went_well = all(one.status is not None and one.status < 400 for one in looked_at)
        # What the provider may say in another state isn't what the journey was written for.
        as_usual = not any(is_good_answer(one.kind) for one in way.injected())
        holds_anyway = asserted and way.looked_at_faults
        if way.injected() and (holds_anyway or (went_well and as_usual)):
            where = str(way.steps[-1]) if way.steps else ""
            what = f"the journey says: {said}"
            if not asserted:
                what = f"the journey can't read an answer: {said}, at {_line_of_journey(error)}"
            driven.broke.append(Violation("journey", what, where, said))
    except Exception as error:  # noqa: BLE001 - a journey that ends itself
        driven.stopped = one_line(error)


def _line_of_journey(error: Exception) -> str:
    """Return the journey's own line where an error came up; the frame before is ours."""
    frame = traceback.extract_tb(error.__traceback__)[:2][-1]
    return f"{frame.line} (line {frame.lineno})"
