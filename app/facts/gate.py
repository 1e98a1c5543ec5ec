"""Whether a text may say something, seen from its single words alone, before anything is folded or split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from app.facts.synonyms import Synonyms, word_list

Phrase = tuple[str, frozenset[str]]
Hints = tuple[frozenset[str], ...]


class Gate:
    """Phrases under their rarest word, each word as all that charts may write for it.

    It lets some texts pass that say nothing, and never holds back one that says something.
    """

    def __init__(self, by_word: Mapping[str, Iterable[Phrase]], synonyms: Synonyms) -> None:
        by_hint: dict[str, list[tuple[str, Hints]]] = defaultdict(list)
        for word, phrases in by_word.items():
            for name, phrase in phrases:
                for hint in synonyms.hints(word):
                    by_hint[hint].append((name, tuple(synonyms.hints(one) for one in phrase - {word})))
        self._by_hint = dict(by_hint)

    def lets_pass(self, text: str, names: Collection[str] | None = None) -> bool:
        """Whether the text has, for each word of some phrase, what may stand for it; `names` limits whose phrases.

        Where several texts together do not pass, none of them does.
        """
        listed = word_list(text)
        if self._by_hint.keys().isdisjoint(listed):
            return False
        words = frozenset(listed)
        for word in words & self._by_hint.keys():
            for name, hints in self._by_hint[word]:
                if (names is None or name in names) and not any(map(words.isdisjoint, hints)):
                    return True
        return False
