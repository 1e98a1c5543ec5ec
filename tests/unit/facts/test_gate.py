"""The gate before the reading of texts: it saves time, and changes no answer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.facts.gate import Gate
from app.facts.synonyms import Synonyms, plain, word_list, words_in
from app.facts.text import TextReader
from tests.support.charts import knowledge, lexicon

RULES, FINDINGS = knowledge().text, knowledge().vocabulary.findings
PHRASES = sorted({phrase for entry in FINDINGS.values() for phrase in (*entry.phrases, *entry.unless)})
VARIANTS = sorted({variant for several in RULES.same_words.values() for variant in several})
PIECES = st.sampled_from(
    [*PHRASES, *VARIANTS, *RULES.negators, *RULES.not_negating, *RULES.suspicion, "left", "chronic", "Disease", "leg’s"]
)
JOINTS = st.sampled_from([" ", " ", " of ", ", ", "\n", "-", "/", ""])
TEXTS = st.lists(st.tuples(PIECES, JOINTS), max_size=6).map(lambda several: "".join(a + b for a, b in several))
NAMES = st.none() | st.frozensets(st.sampled_from(sorted(FINDINGS)), max_size=40) | st.just(lexicon().alarming)


class Open(Gate):
    """Lets every text pass."""

    def lets_pass(self, text: str, names: object = None) -> bool:
        return True


def ungated() -> TextReader:
    reader = TextReader(
        RULES,
        {name: entry.phrases for name, entry in FINDINGS.items()},
        {name: entry.unless for name, entry in FINDINGS.items()},
    )
    reader.any_name = Open({}, Synonyms({}))
    return reader


UNGATED = ungated()


@given(TEXTS, NAMES)
def test_what_the_gate_holds_back_says_nothing(text: str, names: frozenset[str] | None) -> None:
    gated = {(one.name, one.suspected) for one in lexicon().text.find(text, names)}
    assert gated == {(one.name, one.suspected) for one in UNGATED.find(text, names)}


@settings(deadline=None)
@given(TEXTS, st.frozensets(st.sampled_from(sorted(FINDINGS)), max_size=40))
def test_a_gate_for_some_names_lets_their_phrases_pass(text: str, names: frozenset[str]) -> None:
    if UNGATED.find(text, names):
        assert lexicon().text.gate(names).lets_pass(text)


@given(st.lists(TEXTS, max_size=5))
def test_texts_that_do_not_pass_together_do_not_pass_alone(texts: list[str]) -> None:
    gate = lexicon().text.any_name
    if any(gate.lets_pass(text) for text in texts):
        assert gate.lets_pass("\n".join(texts))


@given(TEXTS)
def test_a_text_is_folded_whenever_it_has_a_variant(text: str) -> None:
    synonyms = Synonyms(RULES.same_words)
    always = synonyms._variants.sub(lambda match: synonyms._folded[match[0]], plain(text))
    assert synonyms.fold(plain(text)) == always


@given(st.text(max_size=60))
def test_the_words_of_a_text_are_those_of_the_plain_text(text: str) -> None:
    assert frozenset(word_list(text)) == words_in(plain(text))


def test_everyday_problems_do_not_pass_for_triggers() -> None:
    gate = lexicon().trigger_gate
    assert not gate.lets_pass("Essential hypertension\nChronic kidney disease stage 1\nType 2 diabetes mellitus")
    assert gate.lets_pass("Weak legs")
