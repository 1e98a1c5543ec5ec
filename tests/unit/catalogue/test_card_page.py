"""The page of a card says every rule that decides what the card does, and says it so that it can be read in one way."""

from __future__ import annotations

from typing import Any

import pytest

from app.catalogue.card_page import CardPage, card_page
from app.catalogue.page import catalogue
from app.knowledge.card import Card
from tests.support.cards import knowing, toy, words

SIGNALS: dict[str, Any] = {
    "sign": {"weakness": ["specific", "promoted"]},
    "cancer": {"finding": ["cancer-active"]},
    "numb": {"finding": ["numbness-paresthesia"], "dated_by": "onset-or-recorded", "within": "7 days"},
    "walking": {"finding": ["unable-to-walk"]},
}
WINNER = toy("winner", title="Worse or worst")


def ruled(**elements: Any) -> Card:
    """A toy with four signals, and more rules than one level."""
    return toy("ruled", signals=SIGNALS, **elements)


def page_of(card: Card) -> CardPage:
    return card_page(card, knowing(card, WINNER))


def rules_of(card: Card) -> list[tuple[str, str]]:
    return [(one.about, one.says) for one in page_of(card).rules]


@pytest.mark.parametrize(
    ("elements", "about", "says"),
    [
        (
            {"applies_to": {"weakness": "leg-weakness", "also_on": ["cancer", "walking"]}},
            "applies also",
            "to any other weakness, when active cancer OR unable to walk",
        ),
        ({"suspected_at_most": "info"}, "only suspected", "info at most, unless what is confirmed is enough for more"),
        ({}, "only suspected", "keeps its level, and says that it is suspected"),
        (
            {"promoted": {"at_most": "warning", "unless": ["cancer", "walking"]}},
            "leg weakness only inferred",
            "warning at most, unless active cancer OR unable to walk",
        ),
        ({"promoted": {"at_most": "info"}}, "leg weakness only inferred", "info at most"),
        (
            {"needs_open_workup": True},
            "not shown",
            "when what it asks for was done, was ordered, or stands on another card",
        ),
        (
            {"mentions": ["cancer", "walking"]},
            "shows beside what decided",
            "active cancer; unable to walk",
        ),
    ],
)
def test_a_rule_beside_the_levels_is_said(elements: dict[str, Any], about: str, says: str) -> None:
    assert (about, says) in rules_of(ruled(**elements))


def test_the_study_that_answers_is_named_with_what_remains() -> None:
    rule = {"study": ["mri-brain", "ct-head"], "undated_within": "24 hours", "level": "info", "detail": "Act on it."}
    said = dict(rules_of(ruled(answered_by=rule)))
    assert said["answered"].startswith("by a report of MRI brain OR CT head that came after every sign that decided;")
    assert "a report of the last 24 hours. The level is then info at most" in said["answered"]
    assert said["once answered, says"] == "Act on it."


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"cards": ["winner"], "at": ["critical"]}, "to Worse or worst at critical"),
        (
            {"cards": ["winner", "ruled"], "at": ["critical", "warning"], "fold": True},
            "to Worse or worst OR Toy ruled at critical or warning, which lists it as further evidence",
        ),
        (
            {"cards": "any", "at": ["critical"], "when": {"none_of": ["cancer"]}},
            "to any card at critical that is not less urgent than this one, when NOT (active cancer)",
        ),
    ],
)
def test_the_card_says_what_it_gives_way_to(rule: dict[str, Any], says: str) -> None:
    assert ("gives way", says) in rules_of(ruled(yields_to=[rule]))


def test_a_caution_says_when_it_is_added_and_to_which_orders() -> None:
    caution = {"when": {"all_of": ["cancer"]}, "text": "Mind it.", "orders": ["mri-brain"], "evidence": "toys"}
    (line,) = page_of(ruled(cautions=[caution])).cautions
    assert (line.text, line.when, line.orders) == ("Mind it.", "active cancer", ("MRI brain",))
    assert (line.source, line.mark) == ("Toy makers: Of toys", "D")


def test_capitals_tell_what_joins_signals_from_an_or_inside_one() -> None:
    level = {"all_of": ["sign"], "any_of": ["numb", "walking"], "none_of": [{"all_of": ["cancer", "sign"]}]}
    card = ruled(levels={"info": level})
    both = "specific or promoted weakness"
    when = (
        f"{both} AND (numbness or tingling, within 7 days, by onset or else by record OR unable to walk)"
        f" AND NOT (active cancer AND {both})"
    )
    assert page_of(card).levels[0].when == when
    assert f"- **info** when {when}" in catalogue(knowing(card))


def test_the_page_says_of_which_study_only_one_since_the_weakness_counts() -> None:
    study = {"study": ["mri-brain"], "state": "reported", "within": "28 days"}
    assert page_of(toy("toy", signal=study)).levels[0].when == "MRI brain reported within 28 days"
    since = page_of(toy("toy", signal={**study, "after_onset": True})).levels[0].when
    assert since == "MRI brain reported within 28 days, after the onset of the weakness"


def test_alternatives_alone_need_no_brackets() -> None:
    levels = {"warning": {"any_of": ["numb"]}, "info": {"any_of": ["cancer", {"any_of": ["walking", "sign"]}]}}
    card = ruled(levels=levels, card={"warning": words(), "info": words()})
    assert page_of(card).levels[1].when == "active cancer OR (unable to walk OR specific or promoted weakness)"


def test_the_page_says_when_the_card_is_to_be_reviewed_again() -> None:
    assert page_of(ruled()).review_due == "2027-11-22"


def test_the_catalogue_has_the_rules_and_cautions_too() -> None:
    caution = {"when": {"all_of": ["cancer"]}, "text": "Mind it.", "orders": ["mri-brain"]}
    rule = {"cards": ["winner"], "at": ["critical"]}
    text = catalogue(knowing(ruled(cautions=[caution], yields_to=[rule]), WINNER))
    assert "- gives way: to Worse or worst at critical\n" in text
    assert "- Caution when active cancer: Mind it. It also goes into the order of MRI brain.\n" in text
