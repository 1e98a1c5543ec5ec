"""Free text, read clause by clause (decision 30)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.facts.gate import Gate, Phrase
from app.facts.synonyms import Synonyms, any_of, bordered, plain, word_list, words_in
from app.knowledge.rules import TextRules


@dataclass(frozen=True, slots=True)
class Clause:
    """The words of one clause after synonyms were folded, and how it was meant."""

    words: frozenset[str]
    negators: tuple[frozenset[str], ...]
    suspected: bool

    def says(self, phrase: frozenset[str]) -> bool:
        """Whether it holds the phrase, not negated; a negator that is part of the phrase does not negate it."""
        return phrase <= self.words and all(negator <= phrase for negator in self.negators)


@dataclass(frozen=True, slots=True)
class Said:
    """A name whose phrase stood in a clause that was not negated."""

    name: str
    suspected: bool


@dataclass(frozen=True, slots=True)
class Wording:
    """Words looked for; a clause with a word of `unless` does not say them. A text without any `hints` says none."""

    words: tuple[frozenset[str], ...]
    unless: frozenset[str]
    hints: frozenset[str]


class TextReader:
    """Compiled once from the text rules and the phrases of the vocabulary.

    Most texts say nothing that is looked for: only those that pass the gate are folded, split and compared.
    """

    def __init__(
        self, rules: TextRules, phrases: Mapping[str, Iterable[str]], unless: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self._synonyms = Synonyms(rules.same_words)
        self._clause_end = re.compile("\\n|" + "|".join(bordered(end) for end in rules.clause_ends))
        self._unless = {name: [self._words(one) for one in several] for name, several in (unless or {}).items()}
        self._negators = any_of(rules.negators)
        self._not_negating = any_of(rules.not_negating)
        self._suspicion = any_of(rules.suspicion)
        self._by_word = _by_rarest_word(
            [(name, self._words(phrase)) for name, several in phrases.items() for phrase in several]
        )
        self.any_name = Gate(self._by_word, self._synonyms)

    def clauses(self, text: str) -> list[Clause]:
        """The clauses of a text, each with its meaning."""
        return [self._clause(part, words_in(part)) for part in self._parts(plain(text)) if part.strip()]

    def find(self, text: str, names: frozenset[str] | None = None) -> list[Said]:
        """The names (among those given, else all) that the text says the patient has or may have."""
        if not self.any_name.lets_pass(text, names):
            return []
        said: dict[str, Said] = {}
        for part in self._parts(plain(text)):
            for name, suspected in self._names_in(part):
                if names is None or name in names:
                    known = said.get(name)
                    said[name] = Said(name, suspected and (known is None or known.suspected))
        return list(said.values())

    def gate(self, names: frozenset[str]) -> Gate:
        """What a text must pass to say one of these names."""
        phrases = {word: [one for one in several if one[0] in names] for word, several in self._by_word.items()}
        return Gate(phrases, self._synonyms)

    def wording(self, words: Iterable[str], unless: Iterable[str] = ()) -> Wording:
        """Words to look for with `affirms`, compiled."""
        wanted = tuple(self._words(word) for word in words)
        hints = [self._synonyms.hints(min(word)) for word in wanted]
        return Wording(wanted, frozenset(unless), frozenset().union(*hints))

    def affirms(self, text: str, wording: Wording) -> bool:
        """Whether a clause that is not negated, and holds none of the words in `unless`, says one of the words."""
        if wording.hints.isdisjoint(word_list(text)):
            return False
        clauses = [clause for clause in self.clauses(text) if not clause.words & wording.unless]
        return any(clause.says(word) for clause in clauses for word in wording.words)

    def _parts(self, written: str) -> list[str]:
        return self._clause_end.split(self._synonyms.fold(written))

    def _words(self, phrase: str) -> frozenset[str]:
        return words_in(self._synonyms.fold(plain(phrase)))

    def _names_in(self, part: str) -> list[tuple[str, bool]]:
        """Names whose phrase the clause says, and whether it is only suspected.

        A negator that is part of one phrase does not negate the others; one that is part of none negates all.
        """
        words = words_in(part)
        near = [one for word in words & self._by_word.keys() for one in self._by_word[word]]
        held = [(name, phrase) for name, phrase in near if phrase <= words and not self._excluded(name, words)]
        if not held:
            return []
        clause = self._clause(part, words)
        if any(not any(negator <= phrase for _, phrase in held) for negator in clause.negators):
            return []
        return [(name, clause.suspected) for name, _ in held]

    def _excluded(self, name: str, words: frozenset[str]) -> bool:
        return any(one <= words for one in self._unless.get(name, ()))

    def _clause(self, part: str, words: frozenset[str]) -> Clause:
        meant = self._not_negating.sub(" ", part)
        return Clause(
            words=words,
            negators=tuple(words_in(found) for found in self._negators.findall(meant)),
            suspected=bool(self._suspicion.search(meant)),
        )


def _by_rarest_word(phrases: Sequence[Phrase]) -> dict[str, list[Phrase]]:
    """Each phrase under the word that the fewest phrases have, of these the longest: it will be rare in charts too."""
    count = Counter(word for _, words in phrases for word in words)
    by_word: dict[str, list[Phrase]] = defaultdict(list)
    for name, words in phrases:
        by_word[min(words, key=lambda word: (count[word], -len(word), word))].append((name, words))
    return dict(by_word)
