"""What ends a command's work early is passed on after its result was written."""

import pytest

from seatrial.cli.ending import Ending
from seatrial.errors import UsageError


def test_ctrl_c_is_held_back_until_the_result_is_written() -> None:
    ending = Ending(lambda: False)
    with ending:
        raise KeyboardInterrupt
    assert ending.invalid == ("interrupted: the result is partial",)
    with pytest.raises(KeyboardInterrupt):
        ending.pass_on()


def test_an_error_is_held_back_where_something_was_found_before_it() -> None:
    ending = Ending(lambda: True)
    with ending:
        raise UsageError("no such program")
    assert ending.invalid == ("no such program",)
    with pytest.raises(UsageError):
        ending.pass_on()
    with pytest.raises(UsageError), Ending(lambda: False):
        raise UsageError("no such program")


def test_a_whole_run_has_nothing_to_pass_on() -> None:
    ending = Ending(lambda: True)
    with ending:
        pass
    assert ending.invalid == ()
    ending.pass_on()
