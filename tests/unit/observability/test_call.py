from __future__ import annotations

import time

import pytest

from app.observability.call import CURRENT, current_call
from tests.unit.observability.records import NOW, answered


def test_a_phase_is_timed_from_the_beginning_of_the_call() -> None:
    call = answered()
    call.phases.clear()
    time.sleep(0.002)
    with call.phase("gather"):
        time.sleep(0.003)
    (phase,) = call.phases
    assert phase.name == "gather"
    assert phase.start >= 0.002
    assert phase.seconds >= 0.003


def test_a_phase_that_fails_is_timed_too() -> None:
    call = answered()
    call.phases.clear()
    with pytest.raises(ValueError, match="bad"), call.phase("decode"):
        raise ValueError("bad")
    assert [phase.name for phase in call.phases] == ["decode"]


def test_two_calls_share_nothing() -> None:
    first, second = answered(), answered()
    first.cards.clear()
    first.phases.clear()
    assert second.cards
    assert second.phases
    assert second.started == NOW


def test_asking_for_the_call_outside_of_one_says_what_is_not_wired() -> None:
    with pytest.raises(RuntimeError, match="ObserveCalls"):
        current_call()


def test_the_call_being_answered_is_found() -> None:
    call = answered()
    token = CURRENT.set(call)
    try:
        assert current_call() is call
    finally:
        CURRENT.reset(token)
