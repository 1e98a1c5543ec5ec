"""Free text, read clause by clause (decision 30)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.knowledge.rules import TextRules

Phrase = tuple[str, frozenset[str]]


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


class TextReader:
    """Compiled once from the text rules and the phrases of the vocabulary."""

    def __init__(
        self, rules: TextRules, phrases: Mapping[str, Iterable[str]], unless: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self._folded = {variant: word for word, variants in rules.same_words.items() for variant in variants}
        self._same_words = _any_of(self._folded)
        self._clause_end = re.compile("\\n|" + "|".join(_bordered(end) for end in rules.clause_ends))
        self._unless = {
            name: [_words_in(self._fold(one)) for one in several] for name, several in (unless or {}).items()
        }
        self._negators = _any_of(rules.negators)
        self._not_negating = _any_of(rules.not_negating)
        self._suspicion = _any_of(rules.suspicion)
        self._by_word = _by_rarest_word(
            [(name, _words_in(self._fold(phrase))) for name, several in phrases.items() for phrase in several]
        )

    def clauses(self, text: str) -> list[Clause]:
        """The clauses of a text, each with its meaning."""
        return [self._clause(part) for part in self._clause_end.split(self._fold(text)) if part.strip()]

    def find(self, text: str, names: frozenset[str] | None = None) -> list[Said]:
        """The names (among those given, else all) that the text says the patient has or may have."""
        said: dict[str, Said] = {}
        for clause in self.clauses(text):
            for name in self._names_in(clause):
                if names is None or name in names:
                    known = said.get(name)
                    said[name] = Said(name, clause.suspected and (known is None or known.suspected))
        return list(said.values())

    def _names_in(self, clause: Clause) -> Iterator[str]:
        """Names whose phrase the clause says; a negator that belongs to one phrase does not negate the others."""
        near = [one for word in clause.words & self._by_word.keys() for one in self._by_word[word]]
        held = [(name, phrase) for name, phrase in near if phrase <= clause.words and not self._excluded(name, clause)]
        taken = {negator for negator in clause.negators if any(negator <= phrase for _, phrase in held)}
        left = replace(clause, negators=tuple(one for one in clause.negators if one not in taken))
        yield from (name for name, phrase in held if left.says(phrase))

    def _excluded(self, name: str, clause: Clause) -> bool:
        return any(words <= clause.words for words in self._unless.get(name, ()))

    def affirms(self, text: str, words: Iterable[str], unless: Iterable[str] = ()) -> bool:
        """Whether a clause that is not negated, and holds none of the words in `unless`, says one of the words."""
        against = {*unless}
        wanted = [_words_in(self._fold(word)) for word in words]
        clauses = [clause for clause in self.clauses(text) if not clause.words & against]
        return any(clause.says(word) for clause in clauses for word in wanted)

    def _fold(self, text: str) -> str:
        return self._same_words.sub(lambda match: self._folded[match[0]], text.lower().replace("\u2019", "'"))

    def _clause(self, part: str) -> Clause:
        plain = self._not_negating.sub(" ", part)
        return Clause(
            words=_words_in(part),
            negators=tuple(_words_in(found) for found in self._negators.findall(plain)),
            suspected=bool(self._suspicion.search(plain)),
        )


def _by_rarest_word(phrases: Sequence[Phrase]) -> dict[str, list[Phrase]]:
    """Each phrase under the word that the fewest phrases have, so that a clause is compared with few of them."""
    count = Counter(word for _, words in phrases for word in words)
    by_word: dict[str, list[Phrase]] = defaultdict(list)
    for name, words in phrases:
        by_word[min(words, key=lambda word: (count[word], word))].append((name, words))
    return dict(by_word)


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Any of the phrases as whole words, the longest first; a phrase such as `?` needs no word borders."""
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile("|".join(_bordered(one) for one in longest_first))


def _bordered(phrase: str) -> str:
    escaped = re.escape(phrase)
    return rf"(?<![a-z0-9]){escaped}(?![a-z0-9])" if phrase[0].isalnum() else escaped


def _words_in(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text))
