"""Free text, clause by clause (decision 30)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.facts.text import Said, TextReader
from tests.support.charts import knowledge, lexicon


def names(text: str) -> set[str]:
    return {one.name for one in lexicon().text.find(text)}


def said(text: str, name: str) -> Said | None:
    return next((one for one in lexicon().text.find(text) if one.name == name), None)


@pytest.mark.parametrize(
    "text",
    [
        "leg weakness",
        "Weakness of both lower extremities",
        "LEG WEAKNESS",
        "weak legs",
        "LLE weakness x 3 days",
        "weakness, leg weakness",
        "leg weakness, no change",
        "leg weakness with no improvement",
        "denies headache; leg weakness since Monday",
        "no fever. Leg weakness.",
        "no numbness but leg weakness",
        "leg weakness not improving",
        "leg weakness - not resolved",
        "unresolved leg weakness",
        "no back pain\nleg weakness",
        "leg weakness/paresis",
        "LE weakness",
        "weakness of the hips",
        "weak thighs",
        "leg weakness not otherwise specified",
    ],
)
def test_leg_weakness_is_read(text: str) -> None:
    assert "leg-weakness" in names(text)


@pytest.mark.parametrize(
    "text",
    [
        "no leg weakness",
        "leg weakness: denied",
        "denies any weakness of the legs",
        "leg weakness not present",
        "leg weakness absent",
        "negative for leg weakness",
        "leg weakness ruled out",
        "leg weakness excluded",
        "leg weakness, resolved leg weakness"[14:],
        "previous leg weakness",
        "history of leg weakness",
        "h/o leg weakness",
        "hx of leg weakness",
        "family history of leg weakness",
        "w/o leg weakness",
        "right arm weakness, left leg pain",
        "arm weakness; leg pain",
        "arm weakness but leg pain",
        "arm weakness. Leg pain.",
        "arm weakness\nleg pain",
        "legless weakness"[3:],
        "",
        "?",
    ],
)
def test_leg_weakness_is_not_read(text: str) -> None:
    assert "leg-weakness" not in names(text)


def test_a_negator_reaches_no_further_than_its_clause() -> None:
    assert "leg-pain" in names("no leg weakness, leg pain")
    assert "leg-weakness" not in names("no leg weakness, leg pain")


@pytest.mark.parametrize(
    "text",
    [
        "no longer able to walk",
        "not able to walk",
        "unable to walk",
        "can't walk",
        "can’t walk",
        "cannot walk",
        "can no longer walk",
    ],
)
def test_not_being_able_to_walk_is_not_negated_by_its_own_words(text: str) -> None:
    assert "unable-to-walk" in names(text)


def test_a_negator_beside_the_phrases_own_still_cancels() -> None:
    assert "unable-to-walk" not in names("denies not able to walk")


@pytest.mark.parametrize(
    "text",
    [
        "rule out leg weakness",
        "r/o leg weakness",
        "?leg weakness",
        "leg weakness?",
        "possible leg weakness",
        "suspected leg weakness",
        "leg weakness unlikely",
        "concern for leg weakness",
        "leg weakness not excluded",
        "leg weakness cannot be excluded",
        "leg weakness is not ruled out",
        "leg weakness can't be excluded",
        "leg weakness has not been excluded",
        "leg weakness not yet ruled out",
    ],
)
def test_doubt_is_suspicion(text: str) -> None:
    assert said(text, "leg-weakness") == Said("leg-weakness", suspected=True)


def test_doubt_in_another_clause_is_of_something_else() -> None:
    assert said("leg weakness, possible stroke", "leg-weakness") == Said("leg-weakness", suspected=False)


@pytest.mark.parametrize("text", ["possible leg weakness, leg weakness", "leg weakness, possible leg weakness"])
def test_what_is_said_once_for_sure_is_sure(text: str) -> None:
    assert said(text, "leg-weakness") == Said("leg-weakness", suspected=False)


@pytest.mark.parametrize(
    "text",
    [
        "saddle anaesthesia",
        "perianal numbness",
        "numb buttocks",
        "numb buttock",
        "numb scrotum",
        "reduced sensation perineum",
        "absent perianal sensation",
        "perianal sensation: absent",
        "diminished perianal sensation",
    ],
)
def test_saddle_numbness_has_many_names(text: str) -> None:
    assert "saddle-numbness" in names(text)


@pytest.mark.parametrize(
    "text",
    [
        "no loss of perianal sensation",
        "loss of perianal sensation: absent",
        "altered perianal sensation absent",
        "perianal sensation normal",
        "no change in perianal sensation",
        "impairment of perianal sensation: absent",
        "perianal sensation abnormality: absent",
        "left buttock pain and numbness of left foot",
        "scrotal swelling and numb toes",
    ],
)
def test_saddle_sensation_that_is_there_is_not_numbness(text: str) -> None:
    assert "saddle-numbness" not in names(text)


@pytest.mark.parametrize("text", ["B/L leg weakness", "BLE weakness", "bilat LE weakness", "left and right legs weak"])
def test_both_legs_have_many_names_and_are_not_one(text: str) -> None:
    assert "bilateral-leg-weakness" in names(text)
    assert "one-leg-weakness" not in names(text)


@pytest.mark.parametrize(("text", "name"), [("RLE weakness", "right-leg-weakness"), ("weak LLE", "left-leg-weakness")])
def test_an_abbreviated_leg_keeps_its_side(text: str, name: str) -> None:
    assert {name, "one-leg-weakness", "leg-weakness"} <= names(text)


@pytest.mark.parametrize(
    "text",
    [
        "gag reflex absent",
        "pupillary light reflex: absent",
        "absent corneal reflex",
        "no areflexia",
        "pathological reflexes: absent",
        "Babinski reflex absent",
    ],
)
def test_a_reflex_of_no_tendon_that_is_absent_is_no_areflexia(text: str) -> None:
    assert "areflexia" not in names(text)


@pytest.mark.parametrize("text", ["areflexia with weak gag", "absent reflexes in legs and poor cough"])
def test_areflexia_beside_a_weak_gag_or_cough_is_areflexia(text: str) -> None:
    assert "areflexia" in names(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("leg weakness with high risk for DVT", "leg-weakness"),
        ("cord compression with high risk for paralysis", "cord-compression-diagnosis"),
        ("urinary retention and high risk for AKI", "urinary-retention"),
    ],
)
def test_a_risk_for_something_else_takes_nothing_away(text: str, name: str) -> None:
    assert name in names(text)


def test_pain_elsewhere_is_no_leg_pain() -> None:
    assert "leg-pain" in names("left buttock pain")
    assert "leg-pain" not in names("scrotal pain")


def test_a_risk_for_retention_is_no_retention() -> None:
    assert "urinary-retention" not in names("risk for urinary retention")
    assert "urinary-retention" in names("not able to void")


def test_at_risk_of_falls_is_no_fall() -> None:
    assert "falls" not in names("at risk of falls")
    assert "falls" in names("recurrent falls")


def test_words_are_whole_words() -> None:
    reader = TextReader(knowledge().text, {"gait": ["gait"]})
    assert reader.find("gaiters") == []
    assert reader.find("(gait)") != []


def test_only_the_names_asked_for_are_told() -> None:
    assert {one.name for one in lexicon().text.find("leg weakness", frozenset({"foot-drop"}))} == set()


def test_any_of_several_words_is_affirmed_even_when_it_is_two_words() -> None:
    foam = lexicon().text.wording(["rectal foam"])
    assert lexicon().text.affirms("hydrocortisone rectal foam", foam)
    assert not lexicon().text.affirms("no rectal foam", foam)


PHRASES = sorted({phrase for entry in knowledge().vocabulary.findings.values() for phrase in entry.phrases})


@given(st.sampled_from(PHRASES))
def test_every_phrase_of_the_vocabulary_is_found_in_itself(phrase: str) -> None:
    assert names(phrase) & {name for name, one in knowledge().vocabulary.findings.items() if phrase in one.phrases}


@given(st.sampled_from(PHRASES), st.sampled_from(["denies", "family history"]))
def test_no_phrase_survives_a_denial_in_its_clause(phrase: str, negator: str) -> None:
    assert names(f"{negator} {phrase}") == set()
    assert names(f"{phrase} {negator}") == set()


@given(st.sampled_from(PHRASES), st.text(alphabet="bcdghjkpqz ", max_size=12))
def test_other_words_in_a_clause_do_not_hide_a_phrase(phrase: str, noise: str) -> None:
    assert names(phrase) <= names(f"{noise} {phrase} {noise}")


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    lexicon().text.find(text)
