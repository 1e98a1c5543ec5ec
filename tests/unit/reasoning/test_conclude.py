"""Cards put to a patient, and which of them speak (decisions 2 to 5, 10, 25)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.facts.model import PatientFacts
from app.knowledge.card import Card
from app.reasoning.conclude import Conclusion, conclude
from tests.support.cards import item, knowing, toy
from tests.support.charts import (
    LOINC,
    Json,
    concept,
    condition,
    days_ago,
    facts_of,
    foot_drop,
    observation,
    patient,
    potassium,
    prescription,
    resource,
)

LOW: dict[str, Any] = {"lab": "potassium", "below": {"mmol/L": 3.5}, "within": "7 days", "evidence": "toys"}
SADDLE = "urinary retention"
VAGUE = "generalized weakness"
MRI = concept("MRI", (LOINC, "30679-5"))


def asked(facts: PatientFacts, *cards: Card, quiet_card: str | None = None) -> Conclusion:
    return conclude(facts, knowing(*cards, quiet_card=quiet_card))


def shown(conclusion: Conclusion) -> list[tuple[str, str | None]]:
    return [(one.found.card.id, one.found.level) for one in conclusion.advice]


def vague(name: str = "vague", **elements: Any) -> Json:
    return condition(name, concept(VAGUE), **elements)


def answered(name: str, code: Json, **elements: Any) -> Json:
    return observation(name, code, valueBoolean=True, **elements)


def retention(**elements: Any) -> Json:
    return condition("retention", concept(SADDLE), **elements)


def yields(*cards: str, at: tuple[str, ...] = ("critical", "warning", "info"), fold: bool = False) -> Json:
    return {"cards": list(cards), "at": list(at), "fold": fold}


# Who is evaluated


def test_without_weakness_there_is_no_card() -> None:
    assert asked(facts_of(potassium(2.0)), toy("one", signal=LOW)).advice == ()


@pytest.mark.parametrize("who", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026"}, {"birthDate": "2008-11-23"}])
def test_children_and_the_dead_get_no_cards_and_it_is_said(who: Json) -> None:
    conclusion = asked(facts_of(patient(**who), foot_drop()), toy("one"))
    assert conclusion.advice == ()
    assert conclusion.silent_because
    assert conclusion.is_settled


@pytest.mark.parametrize("who", [{"birthDate": "2008-11-22"}, {"birthDate": None}, {"deceasedBoolean": False}])
def test_adults_and_people_of_unknown_age_get_cards(who: Json) -> None:
    resources = {key: value for key, value in patient(**who).items() if value is not None}
    assert shown(asked(facts_of(resources, foot_drop()), toy("one"))) == [("one", "info")]


def test_a_card_for_legs_is_silent_in_vague_weakness() -> None:
    legs = toy("legs", applies_to={"weakness": "leg-weakness"})
    body = toy("body", applies_to={"weakness": "non-specific-weakness"})
    both = toy("both")
    vague_facts = facts_of(vague(onsetDateTime=days_ago(2)))
    assert [name for name, _ in shown(asked(vague_facts, legs, body, both))] == ["body", "both"]
    assert [name for name, _ in shown(asked(facts_of(foot_drop()), legs, body, both))] == ["legs", "both"]


def test_an_emergency_that_is_itself_diagnosed_speaks_in_vague_weakness() -> None:
    signal = {"finding": ["guillain-barre"], "within": "28 days"}
    card = toy("gbs", "critical", signal, applies_to={"weakness": "leg-weakness", "also_on": ["sign"]})
    new = condition("gbs", concept("Guillain-Barre syndrome"), onsetDateTime=days_ago(5))
    old = condition("gbs", concept("Guillain-Barre syndrome"), onsetDateTime=days_ago(50))
    assert shown(asked(facts_of(vague(onsetDateTime=days_ago(2)), new), card)) == [("gbs", "critical")]
    assert shown(asked(facts_of(vague(onsetDateTime=days_ago(2)), old), card)) == []


@pytest.mark.parametrize(
    ("second", "promotes"),
    [
        (condition("s", concept("leg pain"), onsetDateTime=days_ago(89)), True),
        (condition("s", concept("leg pain"), onsetDateTime=days_ago(91)), False),
        (condition("s", concept("leg pain"), onsetDateTime=days_ago(91), recordedDate=days_ago(2)), False),
        (condition("s", concept("leg pain"), recordedDate=days_ago(89)), True),
        (condition("s", concept("leg pain")), False),
        (condition("s", concept("leg pain"), recordedDate=days_ago(-300)), False),
        (condition("s", concept("recurrent falls"), onsetDateTime=days_ago(29)), True),
        (condition("s", concept("recurrent falls"), onsetDateTime=days_ago(31)), False),
        (
            condition("s", concept("Z", ("http://hl7.org/fhir/sid/icd-10-cm", "Z91.81")), onsetDateTime=days_ago(2)),
            False,
        ),
        (condition("s", concept("Z", ("http://snomed.info/sct", "129839007")), onsetDateTime=days_ago(2)), False),
        (condition("s", concept("back pain"), onsetDateTime=days_ago(27)), True),
        (condition("s", concept("back pain"), onsetDateTime=days_ago(29)), False),
        (condition("s", concept("Z", ("http://snomed.info/sct", "309538000")), onsetDateTime=days_ago(2)), True),
        (condition("s", concept("numbness of the hand"), onsetDateTime=days_ago(2)), False),
    ],
)
def test_a_recent_second_signal_makes_vague_weakness_one_of_the_legs(second: Json, promotes: bool) -> None:
    weakness = asked(facts_of(vague(), second), toy("one")).weakness
    assert weakness is not None
    assert weakness.kind == ("promoted" if promotes else "non-specific")


@pytest.mark.parametrize("record", [condition, answered])
def test_a_second_signal_promotes_also_where_no_resource_has_an_id(record: Callable[..., Json]) -> None:
    several = [record("s", concept(said), id=None, recordedDate=days_ago(2)) for said in (VAGUE, "leg pain")]
    weakness = asked(facts_of(*several), toy("one")).weakness
    assert weakness is not None
    assert weakness.kind == "promoted"


def test_one_entry_that_came_twice_without_an_id_does_not_promote_itself() -> None:
    both = condition("s", concept(f"{VAGUE}, leg pain"), id=None, onsetDateTime=days_ago(2))
    weakness = asked(facts_of(both, both), toy("one")).weakness
    assert weakness is not None
    assert weakness.kind == "non-specific"


def test_vague_weakness_counts_beside_a_specific_one_though_neither_has_an_id() -> None:
    weakness = asked(facts_of(vague(id=None), foot_drop(id=None)), toy("one")).weakness
    assert weakness is not None
    assert [one.kind for one in weakness.triggers] == ["specific", "non-specific"]


def test_an_inferred_weakness_is_not_specific() -> None:
    card = toy(
        "capped",
        "critical",
        promoted={"at_most": "warning", "unless": ["hard"]},
        signals={"sign": {"weakness": ["promoted"]}, "hard": {"finding": ["urinary-retention"]}},
    )
    second = condition("s", concept("leg pain"), onsetDateTime=days_ago(3))
    assert shown(asked(facts_of(vague(), second), card)) == [("capped", "warning")]
    assert shown(asked(facts_of(vague(), second, retention()), card)) == [("capped", "critical")]


# The quiet rule


def test_old_vague_weakness_gets_the_quiet_card_alone_that_names_what_stands_out() -> None:
    quiet = toy("quiet", applies_to={"weakness": "leg-weakness"})
    other = toy("other", signal={"finding": ["diabetes"]})
    facts = facts_of(vague(), condition("d", concept("Z", ("http://hl7.org/fhir/sid/icd-10-cm", "E11.9"))))
    conclusion = asked(facts, other, quiet, quiet_card="quiet")
    assert shown(conclusion) == [("quiet", "info")]
    assert [one.card.id for one in conclusion.advice[0].folded] == ["other"]


@pytest.mark.parametrize(
    "stirring",
    [
        vague("again", onsetDateTime=days_ago(5)),
        vague("again", recordedDate=days_ago(5)),
        potassium(3.2),
        condition("d", concept("Z", ("http://hl7.org/fhir/sid/icd-10-cm", "E11.9")), onsetDateTime=days_ago(9)),
    ],
)
def test_anything_new_or_abnormal_breaks_the_quiet(stirring: Json) -> None:
    quiet = toy("quiet", applies_to={"weakness": "leg-weakness"})
    others = (toy("sugar", signal={"finding": ["diabetes"]}), toy("low", signal=LOW))
    diabetes = condition("e", concept("Z", ("http://hl7.org/fhir/sid/icd-10-cm", "E11.9")))
    conclusion = asked(facts_of(vague(), diabetes, stirring), *others, quiet, quiet_card="quiet")
    assert "quiet" not in [name for name, _ in shown(conclusion)]
    assert conclusion.advice


def test_a_drug_that_is_renewed_is_as_old_as_its_first_prescription() -> None:
    quiet = toy("quiet", applies_to={"weakness": "leg-weakness"})
    drug = toy("drug", signal={"medication": ["statin"]})
    old, new = (prescription(f"rx{age}", concept("simvastatin"), authoredOn=days_ago(age)) for age in (400, 5))
    assert shown(asked(facts_of(vague(), old, new), drug, quiet, quiet_card="quiet")) == [("quiet", "info")]
    assert shown(asked(facts_of(vague(), new), drug, quiet, quiet_card="quiet")) == [("drug", "info")]


# Levels


def test_the_highest_level_that_holds_speaks() -> None:
    card = toy(
        "k",
        signals={"low": LOW, "severe": {**LOW, "below": {"mmol/L": 2.5}}},
        levels={"info": {"all_of": ["low"]}, "critical": {"all_of": ["severe"]}},
    )
    for value, level in ((2.4, "critical"), (2.5, "info"), (3.4, "info")):
        assert shown(asked(facts_of(foot_drop(), potassium(value)), card)) == [("k", level)]
    assert asked(facts_of(foot_drop(), potassium(3.5)), card).assessments[0].status == "not met"


def test_a_missing_lab_is_unknown_not_normal() -> None:
    (found,) = asked(facts_of(foot_drop()), toy("k", signal=LOW)).assessments
    assert (found.status, found.undecided) == ("unknown", ("sign",))


def test_the_newest_value_decides() -> None:
    card = toy("k", signal=LOW)
    low_then_normal = (
        potassium(2.4, "a", effectiveDateTime=days_ago(2)),
        potassium(4.0, "b", effectiveDateTime=days_ago(1)),
    )
    assert shown(asked(facts_of(foot_drop(), *low_then_normal), card)) == []


def test_a_lab_outside_the_window_decides_nothing() -> None:
    facts = facts_of(foot_drop(), potassium(2.4, effectiveDateTime=days_ago(8)))
    assert asked(facts, toy("k", signal=LOW)).assessments[0].status == "unknown"


def test_suspicion_reaches_no_higher_than_the_card_allows_and_is_said() -> None:
    provisional = retention(verificationStatus={"coding": [{"code": "provisional"}]}, onsetDateTime=days_ago(1))
    signal = {"finding": ["urinary-retention"]}
    emergency = toy("emergency", "critical", signal)
    chronic = toy("chronic", "warning", signal, suspected_at_most="info")
    advice = asked(facts_of(foot_drop(), provisional), emergency, chronic).advice
    assert [(one.found.card.id, one.found.level, one.found.suspected) for one in advice] == [
        ("emergency", "critical", True),
        ("chronic", "info", True),
    ]
    sure = asked(facts_of(foot_drop(), provisional, retention(id="sure")), chronic).advice
    assert [(one.found.level, one.found.suspected) for one in sure] == [("warning", False)]


def test_shadow_cards_are_counted_and_not_shown() -> None:
    conclusion = asked(facts_of(foot_drop()), toy("seen"), toy("shade", status="shadow"))
    assert shown(conclusion) == [("seen", "info")]
    assert [one.card.id for one in conclusion.shadow] == ["shade"]


def test_a_draft_is_neither_shown_nor_counted_but_explained() -> None:
    conclusion = asked(facts_of(foot_drop()), toy("seen"), toy("idea", status="draft"))
    assert shown(conclusion) == [("seen", "info")]
    assert conclusion.shadow == ()
    assert [one.card.id for one in conclusion.assessments if one.level] == ["seen", "idea"]


# Which cards survive


def test_the_most_urgent_come_first_and_equals_keep_their_order() -> None:
    cards = toy("a"), toy("b", "critical"), toy("c", "warning"), toy("d", "critical"), toy("e")
    assert [name for name, _ in shown(asked(facts_of(foot_drop()), *cards))] == ["b", "d", "c", "a", "e"]


def test_a_card_yields_at_the_levels_it_names_and_is_folded() -> None:
    meek = toy("meek", yields_to=[yields("loud", at=("critical",), fold=True)])
    loud = asked(facts_of(foot_drop()), toy("loud", "critical"), meek)
    assert shown(loud) == [("loud", "critical")]
    assert [one.card.id for one in loud.advice[0].folded] == ["meek"]
    assert [(one.card.id, one.reason) for one in loud.withheld] == [("meek", "covered by loud")]
    assert len(shown(asked(facts_of(foot_drop()), toy("loud", "warning"), meek))) == 2


def test_any_means_every_other_card_and_never_itself() -> None:
    meek = toy("meek", yields_to=[{"cards": "any", "at": ["info"]}])
    assert shown(asked(facts_of(foot_drop()), meek)) == [("meek", "info")]
    assert shown(asked(facts_of(foot_drop()), toy("other"), meek)) == [("other", "info")]


def test_a_card_gives_way_to_no_card_that_is_less_urgent_where_any_would_do() -> None:
    loud = toy("loud", "critical", yields_to=[{"cards": "any", "at": ["warning"]}])
    assert shown(asked(facts_of(foot_drop()), loud, toy("other", "warning"))) == [
        ("loud", "critical"),
        ("other", "warning"),
    ]


def test_of_two_that_yield_to_each_other_one_stays() -> None:
    one, two = toy("one", yields_to=[yields("two")]), toy("two", yields_to=[yields("one")])
    assert len(asked(facts_of(foot_drop()), one, two).advice) == 1


def test_a_card_that_took_another_in_can_itself_give_way() -> None:
    first = toy("first", "critical")
    second = toy("second", "warning", yields_to=[yields("first", fold=True)])
    third = toy("third", yields_to=[yields("second", fold=True)])
    conclusion = asked(facts_of(foot_drop()), first, second, third)
    assert shown(conclusion) == [("first", "critical")]
    assert {one.card.id for one in conclusion.advice[0].folded} == {"second", "third"}


def test_a_card_that_took_another_in_does_not_give_way_to_itself() -> None:
    host = toy("host", "warning", yields_to=[{"cards": "any", "at": ["warning"], "fold": True}])
    guest = toy("guest", yields_to=[yields("host", fold=True)])
    assert shown(asked(facts_of(foot_drop()), host, guest)) == [("host", "warning")]


@pytest.mark.parametrize("urgent", [0, 2, 5, 7])
def test_five_cards_at_most_but_never_without_an_urgent_one(urgent: int) -> None:
    cards = [toy(f"u{n}", "warning") for n in range(urgent)] + [toy(f"i{n}") for n in range(8)]
    conclusion = asked(facts_of(foot_drop()), *cards)
    names = [name for name, _ in shown(conclusion)]
    assert names[:urgent] == [f"u{n}" for n in range(urgent)]
    assert len(names) == max(5, urgent)
    left = [card.id for card in conclusion.advice[-1].named]
    assert [*names[urgent:], *left] == [f"i{n}" for n in range(8)]
    assert {one.card.id for one in conclusion.withheld} == set(left)


# Orders


def orders(conclusion: Conclusion) -> list[list[str]]:
    return [[one.order for one in advice.proposals] for advice in conclusion.advice]


def test_one_order_wanted_by_two_cards_is_asked_for_once_with_both_reasons_and_the_higher_priority() -> None:
    loud = toy("loud", "critical", workup=[item("ecg", priority="urgent", reason="One.")])
    soft = toy("soft", workup=[item("ecg", priority="stat", reason="Two.")])
    conclusion = asked(facts_of(foot_drop()), soft, loud)
    assert orders(conclusion) == [["ecg"], []]
    (proposal,) = conclusion.advice[0].proposals
    assert (proposal.priority, proposal.reasons) == ("stat", ("One.", "Two."))


def test_a_panel_replaces_the_single_tests_it_covers() -> None:
    one = toy("one", "critical", workup=[item("potassium-level", priority="stat")])
    two = toy("two", workup=[item("basic-metabolic-panel")])
    conclusion = asked(facts_of(foot_drop()), one, two)
    assert orders(conclusion) == [["basic-metabolic-panel"], []]
    assert conclusion.advice[0].proposals[0].priority == "stat"


def test_the_whole_spine_stands_for_every_level() -> None:
    workup = [item(name) for name in ("mri-cervical-spine", "mri-lumbar-spine", "mri-whole-spine")]
    for several in (workup, workup[::-1]):
        cards = [toy(f"c{n}", workup=[one]) for n, one in enumerate(several)]
        assert [name for own in orders(asked(facts_of(foot_drop()), *cards)) for name in own] == ["mri-whole-spine"]


@pytest.mark.parametrize(("level", "priority"), [("critical", "stat"), ("warning", "routine"), ("info", "routine")])
def test_at_a_level_that_is_not_named_an_order_has_the_least_urgent_priority(level: str, priority: str) -> None:
    card = toy("card", level, workup=[item("ecg", priority={"critical": "stat", "info": "routine"})])
    (advice,) = asked(facts_of(foot_drop()), card).advice
    assert [one.priority for one in advice.proposals] == [priority]


def study(kind: str = "DiagnosticReport", name: str = "study", **elements: Any) -> Json:
    return resource(kind, name, MRI, **{"status": "final", **elements})


@pytest.mark.parametrize(
    ("when", "onset", "wanted"),
    [
        (days_ago(2), days_ago(3), False),
        (days_ago(4), days_ago(3), True),
        (days_ago(4), None, False),
        (days_ago(300), None, True),
        (None, None, True),
        ("2026-11-19", "2026-11-19", False),
        ("2026-11", "2026-11-19", True),
        ("2026", "2026-11-19", True),
    ],
)
def test_only_a_study_known_to_follow_the_onset_makes_imaging_needless(
    when: str | None, onset: str | None, wanted: bool
) -> None:
    card = toy("card", workup=[item("mri-lumbar-spine")])
    report = study(effectiveDateTime=when)
    conclusion = asked(facts_of(foot_drop(onsetDateTime=onset), report), card)
    assert orders(conclusion) == [["mri-lumbar-spine"] if wanted else []]
    assert len(conclusion.advice[0].suppressed) == (0 if wanted else 1)


@pytest.mark.parametrize(
    ("level", "pending", "wanted"),
    [
        ("critical", "routine", True),
        ("critical", "urgent", True),
        ("critical", "stat", False),
        ("info", "routine", False),
    ],
)
def test_a_slower_order_does_not_answer_an_emergency(level: str, pending: str, wanted: bool) -> None:
    card = toy("card", level, workup=[item("mri-lumbar-spine", priority="stat")])
    order = study("ServiceRequest", status="active", intent="order", priority=pending, authoredOn=days_ago(1))
    conclusion = asked(facts_of(foot_drop(), order), card)
    assert shown(conclusion) == [("card", level)]
    assert orders(conclusion) == [["mri-lumbar-spine"] if wanted else []]


def test_the_fastest_of_several_pending_orders_counts() -> None:
    card = toy("card", "critical", workup=[item("mri-lumbar-spine", priority="stat")])
    several = [
        study("ServiceRequest", name, status="active", intent="order", priority=priority, authoredOn=days_ago(age))
        for name, priority, age in (("slow", "routine", 1), ("fast", "stat", 2))
    ]
    assert orders(asked(facts_of(foot_drop(), *several), card)) == [[]]


def emergency(**elements: Any) -> Card:
    answer = {"study": ["mri-lumbar-spine"], "undated_within": "24 hours", "level": "warning"}
    return toy("emergency", "critical", {"finding": ["urinary-retention"]}, answered_by=answer, **elements)


@pytest.mark.parametrize(
    ("sign", "report", "level"),
    [
        ({"onsetDateTime": days_ago(3)}, study(effectiveDateTime=days_ago(2)), "warning"),
        ({"onsetDateTime": days_ago(1)}, study(effectiveDateTime=days_ago(2)), "critical"),
        ({"recordedDate": days_ago(1)}, study(effectiveDateTime=days_ago(2)), "critical"),
        ({}, study(effectiveDateTime=days_ago(0.5)), "warning"),
        ({}, study(effectiveDateTime=days_ago(2)), "critical"),
        ({"onsetDateTime": days_ago(3)}, study(status="preliminary", effectiveDateTime=days_ago(2)), "critical"),
        ({"onsetDateTime": days_ago(3)}, study(effectiveDateTime=None), "critical"),
        ({"onsetDateTime": "2026-11-19"}, study(effectiveDateTime="2026"), "critical"),
        ({"onsetDateTime": "2026-11-19"}, study(effectiveDateTime="2026-11"), "critical"),
        (
            {"onsetDateTime": days_ago(3)},
            study("ServiceRequest", status="active", intent="order", priority="stat", authoredOn=days_ago(2)),
            "critical",
        ),
    ],
)
def test_only_a_report_after_the_sign_answers_an_emergency(sign: Json, report: Json, level: str) -> None:
    conclusion = asked(facts_of(foot_drop(onsetDateTime=days_ago(9)), retention(**sign), report), emergency())
    assert shown(conclusion) == [("emergency", level)]


def test_a_card_that_only_asks_is_silent_when_nothing_is_left_to_ask() -> None:
    card = toy("asker", needs_open_workup=True, workup=[item("mri-lumbar-spine")])
    done = study(effectiveDateTime=days_ago(1))
    conclusion = asked(facts_of(foot_drop(), done), card)
    assert conclusion.advice == ()
    assert [one.card.id for one in conclusion.withheld] == ["asker"]


def test_a_lab_that_was_done_is_not_asked_for_again_but_for_a_reason() -> None:
    facts = facts_of(foot_drop(), potassium(3.0, effectiveDateTime=days_ago(0.1)))
    plain = toy("plain", workup=[item("potassium-level")])
    again = toy("again", signal=LOW, workup=[item("potassium-level", even_if_done_when={"all_of": ["sign"]})])
    assert orders(asked(facts, plain)) == [[]]
    assert orders(asked(facts, again)) == [["potassium-level"]]


def test_of_two_weaknesses_a_study_must_follow_the_newer() -> None:
    card = toy("card", workup=[item("mri-lumbar-spine")])
    old, new = foot_drop("old", onsetDateTime=days_ago(9)), foot_drop("new", onsetDateTime=days_ago(3))
    assert orders(asked(facts_of(old, new, study(effectiveDateTime=days_ago(5))), card)) == [["mri-lumbar-spine"]]
