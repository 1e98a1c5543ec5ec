"""Kleene's logic."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.logic import AtLeast, Logic
from app.reasoning.truth import Truth, decide, deciding, every, negate, some, undecided

TRUTHS = st.sampled_from([True, False, None])
SEVERAL = st.lists(TRUTHS, max_size=6)
NAMES = ("a", "b", "c", "d")
WORLDS = st.fixed_dictionaries(dict.fromkeys(NAMES, TRUTHS))
TERMS = st.lists(st.sampled_from(NAMES), max_size=3).map(tuple)
FLAT = st.builds(
    Logic,
    all_of=TERMS,
    any_of=TERMS,
    none_of=TERMS,
    at_least=st.builds(AtLeast, count=st.integers(1, 4), of=st.just(NAMES)),
)
LOGICS = FLAT | st.builds(Logic, all_of=st.tuples(FLAT), any_of=TERMS, none_of=st.tuples(FLAT))


def test_unknown_decides_nothing_and_hides_nothing() -> None:
    assert every([True, None]) is None
    assert every([False, None]) is False
    assert some([True, None]) is True
    assert some([False, None]) is None


def test_nothing_asked_is_all_and_not_some() -> None:
    assert every([]) is True
    assert some([]) is False


@given(TRUTHS)
def test_a_double_negation_is_none(one: Truth) -> None:
    assert negate(negate(one)) is one


@given(SEVERAL)
def test_de_morgan(several: list[Truth]) -> None:
    assert negate(every(several)) is some([negate(one) for one in several])
    assert negate(some(several)) is every([negate(one) for one in several])


@given(SEVERAL)
def test_the_order_of_terms_does_not_matter(several: list[Truth]) -> None:
    assert every(several) is every(several[::-1])
    assert some(several) is some(several[::-1])


@given(LOGICS, WORLDS, st.sampled_from(NAMES), st.booleans())
def test_learning_what_was_unknown_never_turns_a_decision_around(
    logic: Logic, world: dict[str, Truth], name: str, learnt: bool
) -> None:
    before = decide(logic, world)
    if world[name] is None and before is not None:
        assert decide(logic, world | {name: learnt}) is before


@given(LOGICS, WORLDS)
def test_an_unknown_decision_hangs_on_named_unknowns(logic: Logic, world: dict[str, Truth]) -> None:
    if decide(logic, world) is None:
        names = undecided(logic, world)
        assert names
        assert all(world[name] is None for name in names)


@given(LOGICS, st.fixed_dictionaries(dict.fromkeys(NAMES, st.booleans())))
def test_when_all_is_known_the_decision_is_known(logic: Logic, world: dict[str, Truth]) -> None:
    assert decide(logic, world) is not None


@given(LOGICS, WORLDS)
def test_what_is_certain_of_a_condition_is_met_whenever_it_holds(logic: Logic, world: dict[str, Truth]) -> None:
    if decide(logic, world) is True:
        assert all(world[name] is True for name in logic.certain())


def test_the_deciding_signals_are_those_that_are_met() -> None:
    logic = Logic(all_of=("a",), any_of=("b", Logic(all_of=("c",), none_of=("d",))))
    assert deciding(logic, {"a": True, "b": False, "c": True, "d": False}) == ["a", "c"]


def test_at_least_counts() -> None:
    logic = Logic(at_least=AtLeast(count=2, of=("a", "b", "c")))
    assert decide(logic, {"a": True, "b": True, "c": None}) is True
    assert decide(logic, {"a": True, "b": None, "c": False}) is None
    assert decide(logic, {"a": True, "b": False, "c": False}) is False


def test_one_part_that_is_unknown_leaves_the_whole_open() -> None:
    world: dict[str, Truth] = {"a": True, "b": None}
    assert decide(Logic(all_of=("b",), any_of=("a",)), world) is None
    assert decide(Logic(all_of=("b",), at_least=AtLeast(count=1, of=("a",))), world) is None


def test_of_those_counted_the_ones_that_are_met_decide_and_the_unknown_leave_it_open() -> None:
    logic = Logic(at_least=AtLeast(count=2, of=("a", "b", "c", "d")))
    world: dict[str, Truth] = {"a": True, "b": False, "c": True, "d": None}
    assert deciding(logic, world) == ["a", "c"]
    assert undecided(logic, world) == ["d"]
