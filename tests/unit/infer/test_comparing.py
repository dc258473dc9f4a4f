"""The difference between what was inferred and what is declared."""

from seatrial.config import DeclaredPolicy
from seatrial.infer.comparing import compare
from seatrial.infer.experiment import Known
from seatrial.infer.parameters import Inferred
from seatrial.results import Verdict

POLICY = DeclaredPolicy.model_validate({"breaker": {"failures": 5, "open_s": 2.0}})


def verdict(name: str, found: Inferred) -> Verdict:
    """Compare one parameter of the policy."""
    checks = {one.id: one.verdict for one in compare("e", "a → b", Known({name: found}), POLICY)}
    return checks[f"infer.e.{name}"]


def measured(value: float, low: float, high: float) -> Inferred:
    return Inferred.measured(value, "", observations=3, low=low, high=high)


def bounded(low: float, high: float | None) -> Inferred:
    return Inferred.bounded("", observations=3, low=low, high=high)


def test_a_value_within_a_tenth_is_the_declared_one() -> None:
    assert verdict("breaker.open_s", measured(2.1, 2.05, 2.15)) is Verdict.PASSED


def test_a_wide_interval_does_not_widen_the_tolerance() -> None:
    assert verdict("breaker.open_s", measured(2.5, 2.1, 2.9)) is Verdict.FAILED


def test_a_declared_value_within_bounds_is_undecided_and_one_outside_differs() -> None:
    assert verdict("breaker.open_s", bounded(1.5, 2.5)) is Verdict.UNDECIDED
    assert verdict("breaker.open_s", bounded(2.1, 2.5)) is Verdict.FAILED
    assert verdict("breaker.open_s", bounded(6.0, None)) is Verdict.FAILED


def test_a_value_that_explains_it_as_well_as_others_do_is_held_to_its_interval() -> None:
    both = Inferred.undecided("a factor or a sum", value=1.0, low=0.98, high=1.02)
    assert verdict("breaker.open_s", both) is Verdict.FAILED
    both = Inferred.undecided("a factor or a sum", value=2.0, low=1.98, high=2.02)
    assert verdict("breaker.open_s", both) is Verdict.UNDECIDED


def test_counts_have_no_tolerance() -> None:
    assert verdict("breaker.failures", measured(6, 6, 6)) is Verdict.FAILED
    assert verdict("breaker.failures", bounded(6, 12)) is Verdict.FAILED
    assert verdict("breaker.failures", bounded(4, 8)) is Verdict.UNDECIDED


def test_what_is_absent_or_undecided_is_said_so() -> None:
    absent = Inferred.absent("none opened", observations=9)
    assert verdict("breaker.failures", absent) is Verdict.FAILED
    assert verdict("breaker.failures", Inferred.undecided("")) is Verdict.UNDECIDED
