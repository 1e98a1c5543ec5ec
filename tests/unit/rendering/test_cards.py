"""Conclusions put into words, buttons and orders (protocol R2 to R8, R11)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from fhir.resources.R4B.servicerequest import ServiceRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.chart.chart import Unavailable
from app.facts.context import build_lexicon
from app.knowledge.card import Card
from app.pipeline import Evaluation, evaluate
from app.rendering.context import Subject
from tests.support.cards import item, knowing, toy, words
from tests.support.charts import (
    ANSWER,
    LOINC,
    NOW,
    PATIENT,
    SNOMED,
    Json,
    chart_of,
    concept,
    condition,
    days_ago,
    evaluated,
    foot_drop,
    knowledge,
    patient,
    potassium,
    resource,
)

LOW: dict[str, Any] = {"lab": "potassium", "below": {"mmol/L": 3.5}, "within": "7 days", "evidence": "toys"}


def answer(resources: list[Json], *cards: Card, **elements: Any) -> Evaluation:
    return evaluated(chart_of(resources, **elements), knowing(*cards), "Encounter/e1")


def as_json(evaluation: Evaluation) -> Json:
    decoded: Json = json.loads(msgspec.json.encode(evaluation.response))
    return decoded


LABELS = st.text(alphabet="abc ", min_size=1, max_size=200).filter(lambda text: bool(text.strip()))


@settings(max_examples=60, deadline=None)
@given(st.lists(LABELS, min_size=1, max_size=8), st.integers(0, 125), st.booleans(), st.text(min_size=1, max_size=60))
def test_a_summary_is_never_over_139_characters(labels: list[str], advice: int, twice: bool, title: str) -> None:
    template = "{because}" + (" {s0}" if twice else "") + "x" * advice
    names = [f"s{n}" for n in range(len(labels))]
    card = toy(
        "long",
        title=f"T{title}",
        signals={one: {"weakness": ["specific"], "label": label} for one, label in zip(names, labels, strict=True)},
        levels={"info": {"all_of": names}},
        card={"info": words(template)},
    )
    (made,) = answer([foot_drop()], card).response.cards
    assert 0 < len(made.summary) <= 139
    assert made.summary.endswith("x" * advice)


def test_a_summary_names_the_value_that_decided() -> None:
    (made,) = answer([foot_drop(), potassium(2.9)], toy("k", signal=LOW)).response.cards
    assert made.summary == "Potassium 2.9 mmol/L: look."


def test_a_summary_holds_no_chart_text() -> None:
    text = "Foot drop <b>http://evil.example</b>"
    (made,) = answer([condition("c", concept(text, (SNOMED, "6077001")))], toy("k")).response.cards
    assert "evil" not in made.summary


def worst_case() -> tuple[list[Json], Card]:
    card = toy(
        "worst",
        "critical",
        signals={"sign": {"weakness": ["specific"]}, "low": LOW},
        levels={"critical": {"any_of": ["sign", "low"]}},
        mentions=["low"],
        workup=[item("mri-lumbar-spine", priority="stat"), item("potassium-level")],
        cautions=[{"when": {"all_of": ["sign"]}, "text": "Mind the step."}],
    )
    folded = toy("folded", yields_to=[{"cards": ["worst"], "at": ["critical"], "fold": True}])
    assert folded.yields_to
    resources = [
        {key: value for key, value in patient().items() if key != "birthDate"},
        *(foot_drop(f"w{n}", verificationStatus={"coding": [{"code": "provisional"}]}) for n in range(9)),
        potassium(2.9, effectiveDateTime=days_ago(0.1)),
    ]
    return resources, card


def test_a_detail_is_ten_lines_at_most_whatever_there_is_to_say() -> None:
    resources, card = worst_case()
    folded = toy("folded", yields_to=[{"cards": ["worst"], "at": ["critical"], "fold": True}])
    lost = (Unavailable("reports", "was not sent"),)
    (made,) = answer(resources, card, folded, unavailable=lost).response.cards
    lines = [line for line in made.detail.splitlines() if line.strip()]
    for word in ("Caution", "Note", "Also points here", "Already there", "Not available", "Limits"):
        assert word in made.detail
    assert len(lines) <= 10


def test_a_detail_shows_value_unit_date_and_threshold() -> None:
    (made,) = answer([foot_drop(), potassium(2.9)], toy("k", signal=LOW)).response.cards
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in made.detail.splitlines() if "2.9" in line]
    assert cells == [["Potassium", "2.9 mmol/L", days_ago(1)[:10], "below 3.5 mmol/L"]]


def test_a_detail_says_that_it_rests_on_text_and_on_suspicion() -> None:
    (made,) = answer(
        [condition("c", concept("? foot drop"))], toy("k", signal={"finding": ["foot-drop"]})
    ).response.cards
    assert "from text" in made.detail
    assert "suspected" in made.detail.lower()


def test_a_card_links_first_to_its_own_page_where_that_is_served() -> None:
    known = build_lexicon(knowing(toy("k")), "https://legwork.example/cards")
    (made,) = evaluate(chart_of([foot_drop()]), known, Subject(PATIENT), NOW, ANSWER).response.cards
    assert [one.url for one in made.links] == ["https://legwork.example/cards/k", "https://example.org/toys"]


def test_an_unknown_age_is_said() -> None:
    unborn = {key: value for key, value in patient().items() if key != "birthDate"}
    (made,) = answer([unborn, foot_drop()], toy("k")).response.cards
    assert "Age is unknown" in made.detail
    (known,) = answer([foot_drop()], toy("k")).response.cards
    assert "Age is unknown" not in known.detail


def test_what_could_not_be_had_is_said_on_every_card() -> None:
    evaluation = answer([foot_drop()], toy("a"), toy("b"), unavailable=(Unavailable("labs", "was not sent"),))
    assert ["labs (was not sent)" in one.detail for one in evaluation.response.cards] == [True, True]


def test_a_value_that_decides_nothing_is_told_from_one_that_is_missing() -> None:
    signals = {"low": LOW, "calm": {"lab": "magnesium", "below": {"mmol/L": 0.7}, "within": "7 days"}}
    weakness = {"weakness": ["specific"]}
    levels = {"warning": {"any_of": list(signals)}, "info": {"all_of": ["sign"]}}
    card = toy("k", signals={**signals, "sign": weakness}, levels=levels)
    quantity = {"value": 4, "comparator": "<", "unit": "mmol/L"}
    (made,) = answer([foot_drop(), potassium(4, valueQuantity=quantity)], card).response.cards
    assert "Not available: a decisive Potassium (it is &lt;4 mmol/L), Magnesium" in made.detail


def test_a_caution_that_card_and_vocabulary_share_is_said_once() -> None:
    caution = next(one for one in knowledge().order_cautions if "mri-implant" in one.finding)
    own = {"when": {"all_of": ["sign"]}, "text": caution.text, "orders": list(caution.orders)}
    card = toy("k", workup=[item(caution.orders[0])], cautions=[own])
    made = as_json(answer([foot_drop(), condition("p", concept("pacemaker", (SNOMED, "441509002")))], card))["cards"][0]
    (action,) = made["suggestions"][0]["actions"]
    assert [one["text"] for one in action["resource"]["note"]] == [caution.text]
    assert made["detail"].count(caution.text) == 1


def test_an_order_is_a_valid_draft_with_its_reasons() -> None:
    card = toy("k", signal=LOW, workup=[item("ecg", priority="stat"), item("potassium-level")])
    evaluation = answer([foot_drop(), potassium(2.9, effectiveDateTime=days_ago(2))], card)
    resources = [action.resource for one in evaluation.response.cards[0].suggestions for action in one.actions]
    assert len(resources) == 2
    for order in resources:
        ServiceRequest.model_validate(order)
        assert (order["status"], order["intent"]) == ("draft", "proposal")
        assert order["subject"] == {"reference": PATIENT}
        assert order["encounter"] == {"reference": "Encounter/e1"}
        assert {"reference": "Observation/k"} in order["reasonReference"]
        assert {"reference": "Condition/weakness"} in order["reasonReference"]
        assert order["code"]["text"]
    assert [order["priority"] for order in resources] == ["stat", "routine"]


def test_every_order_of_the_vocabulary_makes_a_valid_request() -> None:
    card = toy("all")
    names = list(knowing(card).vocabulary.orders)
    made = [answer([foot_drop()], toy("one", workup=[item(name)])).response.cards[0].suggestions for name in names]
    for name, (suggestion,) in zip(names, made, strict=True):
        order = ServiceRequest.model_validate(suggestion.actions[0].resource)
        assert order.code is not None, name
        assert order.code.coding, name
        assert order.code.coding[0].code, name


def test_a_caution_about_an_implant_goes_into_the_note_of_the_mri() -> None:
    implant = condition("i", concept("pacemaker", (SNOMED, "441509002")))
    (made,) = answer([foot_drop(), implant], toy("k", workup=[item("mri-lumbar-spine"), item("ecg")])).response.cards
    mri, ecg = (one.actions[0].resource for one in made.suggestions)
    assert "Implanted device" in mri["note"][0]["text"]
    assert "note" not in ecg
    assert "Implanted device" in made.detail


def test_all_uuids_of_an_answer_differ() -> None:
    cards = [toy(f"c{n}", workup=[item(order)]) for n, order in enumerate(("ecg", "mri-brain", "ck-level"))]
    made = as_json(answer([foot_drop()], *cards))["cards"]
    uuids = [one["uuid"] for one in made] + [button["uuid"] for one in made for button in one["suggestions"]]
    assert len(uuids) == len(set(uuids)) == 6


def test_the_same_input_gives_the_same_answer() -> None:
    resources, card = worst_case()
    assert as_json(answer(resources, card)) == as_json(answer(resources, card))


def test_the_order_of_the_chart_changes_neither_cards_nor_levels() -> None:
    resources, card = worst_case()
    one, other = answer(resources, card), answer([resources[0], *resources[:0:-1]], card)
    assert [(c.summary, c.indicator) for c in one.response.cards] == [
        (c.summary, c.indicator) for c in other.response.cards
    ]


def empties(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [found for key, one in value.items() for found in empties(one, f"{path}.{key}")] or (
            [] if value else [path]
        )
    if isinstance(value, list):
        return [found for index, one in enumerate(value) for found in empties(one, f"{path}[{index}]")] or (
            [] if value else [path]
        )
    return [path] if value in (None, "") else []


def test_empty_fields_are_left_out() -> None:
    resources, card = worst_case()
    assert empties(as_json(answer(resources, card))) == []
    assert empties(as_json(answer([foot_drop()], toy("bare")))) == []
    assert empties(as_json(answer([], toy("bare")))) == [".cards"]


def test_buttons_come_with_a_selection_behaviour_and_no_buttons_without() -> None:
    one, other = as_json(answer([foot_drop()], toy("a", workup=[item("ecg")]), toy("b")))["cards"]
    assert one["selectionBehavior"] == "any"
    assert "selectionBehavior" not in other
    assert "suggestions" not in other


def test_the_evaluation_names_what_was_unknown_suppressed_and_left_out() -> None:
    order = resource(
        "ServiceRequest",
        "r",
        concept(None, (LOINC, "30679-5")),
        status="active",
        intent="order",
        authoredOn=days_ago(1),
    )
    bad = potassium(4.0, "bad", unit="g/dL")
    evaluation = answer([foot_drop(), order, bad], toy("a", workup=[item("mri-lumbar-spine")]), toy("b", signal=LOW))
    told = as_json(evaluation)["extension"]["org.legwork.evaluation"]
    assert told["unknown"] == [{"card": "b", "missing": ["potassium"]}]
    assert told["suppressed"] == [
        {"order": "mri-lumbar-spine", "reason": "already ordered", "reference": "ServiceRequest/r"}
    ]
    assert [one["reference"] for one in told["leftOut"]] == ["Observation/bad"]
    assert set(told["knowledge"]) == {"version", "hash"}
    assert "unavailable" not in told
