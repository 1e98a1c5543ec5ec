"""Orders in the client's release of FHIR, checked by what that release itself publishes (protocol R4, R5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest as R4BServiceRequest
from fhir.resources.servicerequest import ServiceRequest as R5ServiceRequest
from pydantic import ValidationError

from app.chart.version import FhirVersion
from app.knowledge.card import Card
from app.pipeline import evaluate
from app.rendering.context import Subject
from app.rendering.model import Card as ShownCard
from tests.support.cards import item, knowing, toy
from tests.support.charts import (
    ANSWER,
    NOW,
    PATIENT,
    SNOMED,
    Json,
    chart_of,
    concept,
    condition,
    days_ago,
    foot_drop,
    knowledge,
    lexicon,
    potassium,
)
from tests.support.r4_schema import R4Schema, r4_schema

ORDERS = tuple(knowledge().vocabulary.orders)
LOW: dict[str, Any] = {"lab": "potassium", "below": {"mmol/L": 3.5}, "within": "7 days", "evidence": "toys"}
IMPLANT = condition("implant", concept("pacemaker", (SNOMED, "441509002")))


@pytest.fixture(scope="module")
def schema(pytestconfig: pytest.Config) -> R4Schema:
    return r4_schema(pytestconfig)


def shown(version: FhirVersion, *cards: Card) -> tuple[ShownCard, ...]:
    """What is answered, in a release, for a chart that gives an order every element that it can have."""
    chart = chart_of([foot_drop(), potassium(2.9, effectiveDateTime=days_ago(2)), IMPLANT])
    known = replace(lexicon(), knowledge=knowing(*cards))
    return evaluate(chart, known, Subject(PATIENT, "Encounter/e1", version), NOW, ANSWER).response.cards


def order(name: str, version: FhirVersion) -> Json:
    """The one order of a card that asks for it, for two reasons in the chart."""
    (made,) = shown(version, toy("k", signal=LOW, workup=[item(name, priority="urgent")]))
    (button,) = made.suggestions
    (action,) = button.actions
    return action.resource


def every_order(version: FhirVersion) -> Iterator[Json]:
    return (order(name, version) for name in ORDERS)


def test_every_order_is_valid_by_the_json_schema_of_r4(schema: R4Schema) -> None:
    complaints = {one["code"]["text"]: schema.complaints(one) for one in every_order(FhirVersion.R4)}
    assert len(complaints) == len(ORDERS)
    assert {name: said for name, said in complaints.items() if said} == {}


@pytest.mark.parametrize("foreign", [{"reason": []}, {"code": {"concept": {"text": "CK"}}}, {"asNeededFor": []}])
def test_the_json_schema_of_r4_refuses_what_only_r5_has(schema: R4Schema, foreign: Json) -> None:
    assert schema.complaints(order("ck-level", FhirVersion.R4) | foreign)


def test_the_json_schema_of_r4_refuses_a_wrong_type_and_a_missing_element(schema: R4Schema) -> None:
    made = order("ck-level", FhirVersion.R4)
    assert schema.complaints(made | {"priority": 1})
    assert schema.complaints(made | {"note": {"text": "not a list"}})
    assert schema.complaints({key: value for key, value in made.items() if key != "subject"})


def test_every_order_is_valid_r4b_which_is_the_same_as_r4() -> None:
    for made in every_order(FhirVersion.R4B):
        R4BServiceRequest.model_validate(made)
    assert list(every_order(FhirVersion.R4B)) == list(every_order(FhirVersion.R4))


def test_every_order_is_valid_r5() -> None:
    for made in every_order(FhirVersion.R5):
        R5ServiceRequest.model_validate(made)


def test_an_order_of_one_release_is_not_valid_in_another() -> None:
    with pytest.raises(ValidationError):
        R5ServiceRequest.model_validate(order("ck-level", FhirVersion.R4))
    with pytest.raises(ValidationError):
        R4BServiceRequest.model_validate(order("ck-level", FhirVersion.R5))


def test_an_order_says_the_same_in_r4_and_r5() -> None:
    old, new = order("mri-lumbar-spine", FhirVersion.R4), order("mri-lumbar-spine", FhirVersion.R5)
    assert new.pop("code") == {"concept": old.pop("code")}
    reasons = [{"concept": one} for one in old.pop("reasonCode")]
    references = [{"reference": one} for one in old.pop("reasonReference")]
    assert reasons
    assert {"reference": {"reference": "Observation/k"}} in references
    assert new.pop("reason") == reasons + references
    assert new == old
    assert old.keys() == {"resourceType", "status", "intent", "priority", "subject", "encounter", "note"}


def asking() -> list[Card]:
    workup = [item("mri-lumbar-spine", priority="stat", line="first"), item("ck-level", line="second")]
    return [toy("a", signal=LOW, workup=workup), toy("b")]


def test_a_client_without_service_requests_is_advised_in_words() -> None:
    one, other = shown(FhirVersion.STU3, *asking())
    assert one.suggestions == ()
    assert one.selection_behavior is None
    labels = {name: knowledge().vocabulary.orders[name].label for name in ("mri-lumbar-spine", "ck-level")}
    assert (
        f"**Consider:** {labels['mri-lumbar-spine']}, stat (To see mri-lumbar-spine); "
        f"{labels['ck-level']}, routine (To see ck-level)." in one.detail
    )
    assert "**Consider:**" not in other.detail
    assert "Implanted device" in one.detail


def test_a_client_with_buttons_is_not_told_twice() -> None:
    for version in (FhirVersion.R4, FhirVersion.R4B, FhirVersion.R5):
        one, _ = shown(version, *asking())
        assert len(one.suggestions) == 2
        assert one.selection_behavior == "any"
        assert "**Consider:**" not in one.detail


def test_advice_in_words_takes_no_line_of_its_own() -> None:
    (with_buttons, _), (in_words, _) = shown(FhirVersion.R4, *asking()), shown(FhirVersion.STU3, *asking())
    assert len(in_words.detail.splitlines()) == len(with_buttons.detail.splitlines())


def test_what_a_card_says_beside_its_orders_is_the_same_in_every_release() -> None:
    in_r4 = shown(FhirVersion.R4, *asking())
    for version in FhirVersion:
        in_it = shown(version, *asking())
        assert [(one.uuid, one.summary, one.indicator) for one in in_it] == [
            (one.uuid, one.summary, one.indicator) for one in in_r4
        ]
