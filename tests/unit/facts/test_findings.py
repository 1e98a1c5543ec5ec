"""Conditions and Observations that say something of the patient (decisions 5 to 8, 30)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.facts.model import Finding, PatientFacts
from tests.support.charts import (
    FOOT_DROP,
    ICD10CM,
    NOW,
    SNOMED,
    Json,
    concept,
    condition,
    days_ago,
    facts_of,
    foot_drop,
    observation,
)

DAY = timedelta(days=1)


def found(facts: PatientFacts, name: str = "foot-drop") -> list[Finding]:
    return list(facts.findings.get(name, ()))


def status(code: str) -> Json:
    return {"coding": [{"code": code}]}


def exam(name: str = "exam", code: Json | None = None, **elements: Any) -> Json:
    return observation(name, code or concept("Foot drop", (SNOMED, FOOT_DROP)), **elements)


@pytest.mark.parametrize("clinical", ["active", "recurrence", "relapse"])
def test_an_active_recurring_or_relapsing_condition_counts(clinical: str) -> None:
    assert len(found(facts_of(foot_drop(clinicalStatus=status(clinical))))) == 1


def test_a_condition_without_any_status_counts() -> None:
    assert len(found(facts_of(foot_drop(clinicalStatus=None)))) == 1


@pytest.mark.parametrize("clinical", ["inactive", "remission", "resolved"])
def test_a_past_condition_does_not_count(clinical: str) -> None:
    facts = facts_of(foot_drop(clinicalStatus=status(clinical)))
    assert facts.findings == {}
    assert facts.left_out == ()


@pytest.mark.parametrize("verification", ["refuted", "entered-in-error"])
def test_a_refuted_or_erroneous_condition_does_not_count(verification: str) -> None:
    wrong = foot_drop(clinicalStatus=None, verificationStatus=status(verification))
    assert facts_of(wrong).findings == {}


@pytest.mark.parametrize(
    "said",
    [
        {"coding": [{"display": "Resolved"}]},
        {"text": "resolved "},
        {"coding": [{"system": SNOMED, "code": "413322009", "display": "Resolved"}]},
    ],
)
def test_a_status_that_is_no_code_of_fhir_is_read_from_its_words(said: Json) -> None:
    assert facts_of(foot_drop(clinicalStatus=said)).findings == {}


@pytest.mark.parametrize(
    "said", [{"coding": [{"system": SNOMED, "code": "55561003"}]}, {"text": "see notes"}, {"coding": [{}]}, {}]
)
def test_a_status_that_says_nothing_is_none(said: Json) -> None:
    assert found(facts_of(foot_drop(clinicalStatus=said)))


def test_the_code_of_a_status_decides_against_its_words() -> None:
    said = {"coding": [{"code": "active", "display": "Active"}], "text": "Resolved"}
    assert found(facts_of(foot_drop(clinicalStatus=said)))


def test_a_verification_is_read_from_words_too() -> None:
    assert facts_of(foot_drop(verificationStatus={"text": "Refuted"})).findings == {}
    assert [one.suspected for one in found(facts_of(foot_drop(verificationStatus={"text": "Provisional"})))] == [True]


@pytest.mark.parametrize(
    ("onset", "recorded", "least", "most"),
    [
        ("2026", "2026-03-01", 266, 325),
        ("2026-11", days_ago(3), 3, 21),
        ("2026-11", "2026-11-01", 21, 21),
        ("2026-11-20", "2026-11-21", 2, 2),
        ("2026-11-21", "2026-03-01", 1, 1),
        ("2026", None, 0, 325),
    ],
)
def test_an_onset_known_by_its_year_or_month_lies_before_it_was_recorded(
    onset: str, recorded: str | None, least: int, most: int
) -> None:
    (finding,) = found(facts_of(foot_drop(onsetDateTime=onset, recordedDate=recorded)))
    assert (finding.age.least.days, finding.age.most and finding.age.most.days) == (least, most)


@pytest.mark.parametrize(
    ("said", "when", "counts"),
    [
        ("absent", "2026-11-21", True),
        ("absent", "2026-11-22T09:00:00Z", False),
        ("absent", "2026-11-22", True),
        ("absent", "2026-11", True),
    ],
)
def test_an_answer_gives_way_only_to_one_that_is_known_to_be_newer(said: str, when: str, counts: bool) -> None:
    present = exam("yes", valueString="present", effectiveDateTime="2026-11-22T08:00:00Z")
    other = exam("no", valueString=said, effectiveDateTime=when)
    assert bool(found(facts_of(present, other))) is counts
    assert bool(found(facts_of(other, present))) is counts


@pytest.mark.parametrize("verification", ["provisional", "differential", "unconfirmed"])
def test_suspicion_counts_and_says_so(verification: str) -> None:
    assert [one.suspected for one in found(facts_of(foot_drop(verificationStatus=status(verification))))] == [True]


def test_a_confirmed_condition_is_not_suspected() -> None:
    assert [one.suspected for one in found(facts_of(foot_drop(verificationStatus=status("confirmed"))))] == [False]


@pytest.mark.parametrize(
    ("days", "elements", "counts"),
    [
        (89, {}, True),
        (90, {}, True),
        (91, {}, False),
        (400, {"clinicalStatus": status("active")}, True),
    ],
)
def test_an_encounter_diagnosis_without_status_counts_for_90_days(
    days: int, elements: dict[str, Any], counts: bool
) -> None:
    visit: dict[str, Any] = {
        "clinicalStatus": None,
        "category": [status("encounter-diagnosis")],
        "recordedDate": days_ago(days),
    }
    facts = facts_of(foot_drop(**{**visit, **elements}))
    assert bool(found(facts)) is counts
    assert bool(facts.left_out) is not counts


@pytest.mark.parametrize(
    "nothing",
    [
        status("unknown"),
        concept(None, ("http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK")),
        {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]},
    ],
)
def test_a_status_that_tells_nothing_keeps_no_encounter_diagnosis_for_ever(nothing: dict[str, Any]) -> None:
    visit: dict[str, Any] = {"clinicalStatus": nothing, "category": [status("encounter-diagnosis")]}
    assert found(facts_of(foot_drop(**visit, onsetDateTime=None, recordedDate=days_ago(90))))
    lapsed = facts_of(foot_drop(**visit, onsetDateTime=None, recordedDate=days_ago(91)))
    assert not found(lapsed)
    assert lapsed.left_out


def test_a_problem_list_item_without_status_does_not_lapse() -> None:
    item: dict[str, Any] = {
        "clinicalStatus": None,
        "category": [status("problem-list-item")],
        "recordedDate": days_ago(4000),
    }
    assert found(facts_of(foot_drop(**item)))


@pytest.mark.parametrize("code", ["M21.371", "M21371", "m21.371", " M21.371 "])
def test_icd_is_read_with_and_without_its_dot(code: str) -> None:
    assert found(facts_of(condition("c", concept(None, (ICD10CM, code)))))


def test_icd_by_category_takes_all_below_and_nothing_beside() -> None:
    below = facts_of(condition("c", concept(None, (ICD10CM, "M54.59"))))
    assert found(below, "back-pain")
    beside = facts_of(condition("c", concept(None, (ICD10CM, "M54.2"))))
    assert found(beside, "back-pain") == []


def test_an_exact_icd_code_does_not_take_what_is_below_or_above() -> None:
    for code in ("R53.10", "R53"):
        assert facts_of(condition("c", concept(None, (ICD10CM, code)))).findings == {}


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("urn:oid:2.16.840.1.113883.6.96", FOOT_DROP),
        ("urn:oid:2.16.840.1.113883.6.90", "M21.371"),
    ],
)
def test_systems_that_came_as_oids_are_known(system: str, code: str) -> None:
    assert found(facts_of(condition("c", concept(None, (system, code)))))


@pytest.mark.parametrize("system", ["urn:local", "http://loinc.org", ""])
def test_a_code_counts_only_in_its_own_system(system: str) -> None:
    assert facts_of(condition("c", concept(None, (system, FOOT_DROP)))).findings == {}


@pytest.mark.parametrize("code", ["S34.109S", "S34109S", "s34.109s", "S34.109S "])
def test_the_seventh_character_s_of_an_injury_makes_it_old_whatever_the_onset(code: str) -> None:
    injury = condition("c", concept("Cord injury", (ICD10CM, code)), onsetDateTime=days_ago(1))
    facts = facts_of(injury)
    assert facts.findings, "the vocabulary knows no such code"
    for name in facts.findings:
        assert [one.age.within(36500 * DAY) for one in found(facts, name)] == [False]


def test_a_sequela_without_a_date_is_old() -> None:
    (one,) = found(facts_of(condition("c", concept(None, (ICD10CM, "I69.351")))), "stroke-sequelae")
    assert one.age.within(3650 * DAY) is False


def test_the_onset_decides_the_age() -> None:
    (one,) = found(facts_of(foot_drop(onsetDateTime=days_ago(10), recordedDate=days_ago(1))))
    assert one.age.least == one.age.most == 10 * DAY
    assert one.recorded_age.least == DAY


def test_the_start_of_an_onset_period_is_the_onset() -> None:
    (one,) = found(facts_of(foot_drop(onsetDateTime=None, onsetPeriod={"start": days_ago(10), "end": days_ago(2)})))
    assert one.age.least == 10 * DAY


def test_without_onset_it_is_at_least_as_old_as_its_record() -> None:
    (one,) = found(facts_of(foot_drop(onsetDateTime=None, recordedDate=days_ago(400))))
    assert one.age.within(28 * DAY) is False
    assert one.age.within(500 * DAY) is None


def test_without_any_date_the_age_is_unknown() -> None:
    (one,) = found(facts_of(foot_drop(onsetDateTime=None)))
    assert one.age.within(36500 * DAY) is None
    assert one.recorded_age.within(36500 * DAY) is None


@pytest.mark.parametrize("when", [days_ago(-2), "2027", "9999-12-31"])
def test_an_onset_in_the_future_is_no_onset(when: str) -> None:
    (one,) = found(facts_of(foot_drop(onsetDateTime=when)))
    assert one.onset is None
    assert one.age.within(28 * DAY) is None


@pytest.mark.parametrize("when", [days_ago(-2), "2027-11-01", "9999-12-31"])
def test_a_record_dated_in_the_future_is_not_recent(when: str) -> None:
    (one,) = found(facts_of(foot_drop(onsetDateTime=None, recordedDate=when)))
    assert one.recorded_age.within(90 * DAY) is not True


@pytest.mark.parametrize("when", ["0001-01-01", "0001-01-01T00:00:00", "0001"])
@pytest.mark.parametrize("element", ["onsetDateTime", "recordedDate"])
def test_the_zero_date_of_databases_does_not_stop_the_reading(element: str, when: str) -> None:
    assert found(facts_of(condition("weakness", concept("Foot drop"), **{element: when})))


def test_a_code_and_its_own_words_make_one_finding() -> None:
    (one,) = found(facts_of(foot_drop()))
    assert not one.from_text


def test_trigger_words_are_read_beside_a_code_of_something_else() -> None:
    facts = facts_of(condition("c", concept("Low back pain with foot drop", (SNOMED, "279039007"))))
    assert [one.from_text for one in found(facts, "back-pain")] == [False]
    assert [one.from_text for one in found(facts)] == [True]


def test_words_of_causes_are_not_read_beside_a_known_code() -> None:
    facts = facts_of(condition("c", concept("Foot drop, hypokalemia", (SNOMED, FOOT_DROP))))
    assert found(facts, "hypokalemia") == []
    assert found(facts_of(condition("c", concept("Hypokalemia"))), "hypokalemia")


def test_text_does_not_lower_what_a_code_says() -> None:
    (one,) = found(facts_of(condition("c", concept("no foot drop, possible foot drop", (SNOMED, FOOT_DROP)))))
    assert not one.suspected


def test_suspicion_in_words_is_suspicion() -> None:
    (one,) = found(facts_of(condition("c", concept("? foot drop"))))
    assert (one.suspected, one.from_text) == (True, True)


def test_a_display_is_read_where_there_is_no_text() -> None:
    code = {"coding": [{"system": "urn:local", "code": "17", "display": "Weakness of both lower extremities"}]}
    assert found(facts_of(condition("c", code)), "bilateral-leg-weakness")


def test_family_history_is_not_the_patients() -> None:
    assert facts_of(condition("c", concept("Family history of foot drop"))).findings == {}


@pytest.mark.parametrize(
    "answer",
    [
        {"valueBoolean": True},
        {"valueString": "Yes"},
        {"valueString": " present "},
        {"valueString": "Yes."},
        {"valueString": "Yes, since yesterday"},
        {
            "valueCodeableConcept": {
                "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "Y"}]
            }
        },
        {"valueCodeableConcept": {"text": "Positive"}},
        {"valueCodeableConcept": {"coding": [{"display": "Yes"}]}},
        {
            "valueCodeableConcept": {
                "coding": [{"system": SNOMED, "code": "52101004", "display": "Present (qualifier value)"}]
            }
        },
    ],
)
def test_a_question_answered_with_yes_is_a_finding(answer: Json) -> None:
    assert len(found(facts_of(exam(**answer)))) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"valueBoolean": False},
        {"valueString": "No"},
        {"valueString": "absent"},
        {"valueString": "No, not since last week"},
        {"valueCodeableConcept": {"coding": [{"code": "N"}]}},
        {"valueCodeableConcept": {"coding": [{"code": "Y", "display": "No"}]}},
        {"valueCodeableConcept": {"text": "Not detected"}},
        {"valueString": "left"},
        {},
    ],
)
def test_any_other_answer_is_not(answer: Json) -> None:
    assert facts_of(exam(**answer)).findings == {}


@pytest.mark.parametrize("state", ["preliminary", "cancelled", "entered-in-error", "registered", "unknown"])
def test_an_answer_that_is_not_final_does_not_count(state: str) -> None:
    assert facts_of(exam(valueBoolean=True, status=state)).findings == {}


def test_a_finding_can_be_the_answer() -> None:
    told = exam(code=concept("Finding"), valueCodeableConcept=concept(None, (SNOMED, FOOT_DROP)))
    assert len(found(facts_of(told))) == 1


def test_a_finding_can_be_the_answer_in_words() -> None:
    (one,) = found(facts_of(exam(code=concept("Chief complaint"), valueString="left foot drop since Monday")))
    assert (one.from_text, one.display) == (True, "left foot drop since Monday")


def test_the_history_of_the_present_illness_is_about_the_present() -> None:
    assert found(facts_of(exam(code=concept("History of present illness"), valueString="foot drop since Monday")))


@pytest.mark.parametrize("question", ["Family history", "Previous illnesses"])
def test_a_question_about_the_family_or_the_past_tells_nothing_of_now(question: str) -> None:
    assert facts_of(exam(code=concept(question), valueString="foot drop")).findings == {}


def test_the_newest_answer_wins_whatever_the_order() -> None:
    yes = exam("yes", valueBoolean=True, effectiveDateTime=days_ago(9))
    no = exam("no", valueBoolean=False, effectiveDateTime=days_ago(2))
    again = exam("again", valueBoolean=True, effectiveDateTime=days_ago(1))
    assert facts_of(yes, no).findings == {}
    assert facts_of(no, yes).findings == {}
    assert [one.reference for one in found(facts_of(again, no, yes))] == ["Observation/again"]
    assert [one.reference for one in found(facts_of(yes, no, again))] == ["Observation/again"]


@pytest.mark.parametrize("when", [days_ago(1), None])
def test_when_answers_of_one_time_or_of_none_differ_the_sign_counts(when: str | None) -> None:
    yes = exam("yes", valueBoolean=True, effectiveDateTime=when)
    no = exam("no", valueBoolean=False, effectiveDateTime=when)
    assert found(facts_of(yes, no))
    assert found(facts_of(no, yes))


def test_a_dated_no_answers_an_undated_yes() -> None:
    yes = exam("yes", valueBoolean=True, effectiveDateTime=None)
    no = exam("no", valueBoolean=False)
    assert facts_of(yes, no).findings == facts_of(no, yes).findings == {}


def test_a_sign_in_a_component_is_a_sign() -> None:
    panel = exam(
        code=concept("Neurological examination"),
        component=[{"code": concept("Foot drop", (SNOMED, FOOT_DROP)), "valueBoolean": True}],
    )
    assert found(facts_of(panel))


def test_an_observed_sign_is_at_least_as_old_as_its_observation() -> None:
    (one,) = found(facts_of(exam(valueBoolean=True, effectiveDateTime=days_ago(3))))
    assert one.onset is None
    assert one.age.within(2 * DAY) is False
    assert one.age.within(28 * DAY) is None
    assert one.recorded_age.within(3 * DAY) is True


def test_an_answer_from_the_future_is_left_out_and_named() -> None:
    facts = facts_of(exam(valueBoolean=True, effectiveDateTime=days_ago(-3)))
    assert facts.findings == {}
    assert [(one.reference, "future" in one.reason) for one in facts.left_out] == [("Observation/exam", True)]


def test_ages_are_counted_from_the_time_of_the_call() -> None:
    (one,) = found(facts_of(foot_drop(onsetDateTime="2026-11-20"), now=NOW + 30 * DAY))
    assert one.age.least == 32 * DAY


def test_the_words_of_a_sequela_do_not_name_another_weakness() -> None:
    sequela = condition(
        "sequela",
        {
            "coding": [
                {
                    "system": ICD10CM,
                    "code": "I69.341",
                    "display": "Monoplegia of lower limb following cerebral infarction affecting right dominant side",
                }
            ]
        },
    )
    assert facts_of(sequela).findings.keys() == {"stroke-sequelae"}
