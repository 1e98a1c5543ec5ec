"""For how long what was done or ordered makes an order needless: section 4 of the evidence, and what goes beyond it.

The windows of windows.py are tried a minute below, at, and a minute above their edges, through the whole pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.knowledge.vocabulary import OrderEntry
from tests.knowledge.probe import MINUTE, Probe, ago, asking, length, weakness
from tests.knowledge.windows import ALWAYS_ASKED, EITHER_FIRST, GIVE_WAY, NEEDLESS_AFTER, PANELS, WINDOWS, Window
from tests.support.charts import LOINC, SNOMED, Json, concept, lexicon, observation, resource

LONG_AGO = length("3 years")
NEW = timedelta(minutes=30)
BEFORE_NEW, AFTER_NEW = timedelta(minutes=45), timedelta(minutes=15)


def wrong_windows(order: str, probe: Probe) -> Iterator[str]:
    """Every row of the tables in which this order has a part and that the knowledge answers otherwise."""
    yield from _wrong_edges(order, probe)
    yield from _wrong_neighbours(order, probe)
    yield from _wrong_together(probe)


def _wrong_edges(order: str, probe: Probe) -> Iterator[str]:
    rows = _rows(order, probe) if order in WINDOWS else _always(order, probe)
    for words, chart, expected in rows:
        if probe.asks(order, chart) != expected:
            yield f"{order}: {'asked' if not expected else 'not asked'} although {words}"


Row = tuple[str, list[Json], bool]


def _rows(order: str, probe: Probe) -> Iterator[Row]:
    window, entry = WINDOWS[order], probe.vocabulary.orders[order]
    for age, asked in _edges(window.done):
        yield f"done {age} ago", [weakness(LONG_AGO), done(entry, probe, age)], asked
    for age, asked in _edges(window.ordered):
        yield f"ordered {age} ago", [weakness(LONG_AGO), ordered(entry, probe, age)], asked
    for age, asked in () if window.episode else _edges(window.acute or window.done):
        yield f"weakness is new and it was done {age} ago", [weakness(NEW), done(entry, probe, age)], asked
    for age in (BEFORE_NEW, AFTER_NEW):
        asked = window.episode and age > NEW
        for state in (done, ordered):
            yield f"weakness is new and {state.__name__} {age} ago", [weakness(NEW), state(entry, probe, age)], asked
    undated = [weakness(None), done(entry, probe, length(window.done))]
    yield f"onset is not known and it was done {window.done} ago", undated, False
    yield from _result_rows(order, window, probe)


def _result_rows(order: str, window: Window, probe: Probe) -> Iterator[Row]:
    """A result answers the order of its lab, and all results of a panel the panel."""
    entries = [probe.vocabulary.orders[name] for name in PANELS.get(order, (order,))]
    labs = [entry.lab for entry in entries if entry.lab]
    for age, asked in _edges(window.done) if labs else ():
        results = [result(lab, probe, age) for lab in labs]
        yield f"resulted {age} ago", [weakness(LONG_AGO), *results], asked
        if order in PANELS:
            for missing in range(len(results)):
                rest = results[:missing] + results[missing + 1 :]
                yield f"resulted {age} ago without {labs[missing]}", [weakness(LONG_AGO), *rest], True


def _always(order: str, probe: Probe) -> Iterator[Row]:
    entry = probe.vocabulary.orders[order]
    for state in (done, ordered):
        yield f"{state.__name__} now", [weakness(LONG_AGO), state(entry, probe, MINUTE)], True


def _edges(window: str) -> list[tuple[timedelta, bool]]:
    """An age, and whether the order is asked for again at that age."""
    return [(length(window) - MINUTE, False), (length(window), False), (length(window) + MINUTE, True)]


def _wrong_neighbours(order: str, probe: Probe) -> Iterator[str]:
    """Which others make this one needless, done a minute ago, and which others it does."""
    orders = probe.vocabulary.orders
    for other in orders.keys() - {order}:
        needless = other in NEEDLESS_AFTER.get(order, ())
        if probe.asks(order, [weakness(LONG_AGO), done(orders[other], probe, MINUTE)]) == needless:
            yield f"{order}: {'asked' if needless else 'not asked'} although {other} was done"
    asked = probe.asked([weakness(LONG_AGO), done(orders[order], probe, MINUTE)])
    expected = {other for other in orders if order not in NEEDLESS_AFTER.get(other, ())}
    yield from (f"{other}: although {order} was done" for other in (asked ^ expected) - {order})


def _wrong_together(probe: Probe) -> Iterator[str]:
    """Every order asked for at once, each by a card of its own."""
    names = list(probe.vocabulary.orders)
    for sequence in (names, names[::-1]):
        second = max(EITHER_FIRST, key=sequence.index)
        cards = [asking(name, "warning") for name in sequence]
        advice = probe.answer([weakness(LONG_AGO)], *cards).conclusion.advice
        got = {one.order for several in advice for one in several.proposals}
        yield from (f"{name} gives way, or does not" for name in got ^ ({*names} - GIVE_WAY - {second}))


def done(entry: OrderEntry, probe: Probe, age: timedelta) -> Json:
    """A final report so long ago."""
    return resource("DiagnosticReport", "done", _code(entry), status="final", effectiveDateTime=ago(age))


def ordered(entry: OrderEntry, probe: Probe, age: timedelta) -> Json:
    """An order of so long ago that is still open."""
    return resource("ServiceRequest", "ordered", _code(entry), status="active", intent="order", authoredOn=ago(age))


def result(lab: str, probe: Probe, age: timedelta) -> Json:
    """A value of so long ago."""
    entry = probe.vocabulary.labs[lab]
    quantity = {"value": 5, "unit": entry.unit, "code": entry.unit, "system": "http://unitsofmeasure.org"}
    code = concept(None, (LOINC, next(iter(entry.loinc))))
    return observation(lab, code, effectiveDateTime=ago(age), valueQuantity=quantity)


def _code(entry: OrderEntry) -> Json:
    system = LOINC if entry.order_as.system == "loinc" else SNOMED
    return concept(None, (system, entry.order_as.code))


@pytest.fixture(scope="module")
def probe() -> Probe:
    """The knowledge of the repository."""
    return Probe(lexicon())


def test_every_order_has_a_window_here_or_a_reason_to_have_none(probe: Probe) -> None:
    assert WINDOWS.keys() | ALWAYS_ASKED.keys() == probe.vocabulary.orders.keys()
    assert not WINDOWS.keys() & ALWAYS_ASKED.keys()


@pytest.mark.parametrize("order", [*WINDOWS, *ALWAYS_ASKED])
def test_an_order_is_asked_for_again_when_its_window_ends(order: str, probe: Probe) -> None:
    assert list(_wrong_edges(order, probe)) == []


@pytest.mark.parametrize("order", [*WINDOWS, *ALWAYS_ASKED])
def test_another_order_makes_it_needless_only_where_the_evidence_says_so(order: str, probe: Probe) -> None:
    assert list(_wrong_neighbours(order, probe)) == []


def test_of_all_orders_at_once_the_panel_and_the_whole_spine_stand_for_their_parts(probe: Probe) -> None:
    assert list(_wrong_together(probe)) == []


@pytest.mark.parametrize("status", ["active", "on-hold", "draft"])
def test_an_order_that_is_open_counts(status: str, probe: Probe) -> None:
    open_order = ordered(probe.vocabulary.orders["ck-level"], probe, MINUTE) | {"status": status}
    assert not probe.asks("ck-level", [weakness(LONG_AGO), open_order])


@pytest.mark.parametrize("status", ["revoked", "entered-in-error", "unknown"])
def test_an_order_that_is_not_open_does_not_count(status: str, probe: Probe) -> None:
    closed = ordered(probe.vocabulary.orders["ck-level"], probe, MINUTE) | {"status": status}
    assert probe.asks("ck-level", [weakness(LONG_AGO), closed])
