"""Words that mean the same, folded into one, and the single words that a text is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_WORD = re.compile(r"[a-z0-9]+")


class Synonyms:
    """Compiled once. Texts are `plain` before they come here."""

    def __init__(self, same_words: Mapping[str, Iterable[str]]) -> None:
        self._folded = {variant: word for word, variants in same_words.items() for variant in variants}
        self._variants = any_of(self._folded)
        # One word of each variant: a text without it does not hold the variant.
        self._hints = {variant: max(words_in(variant), key=len) for variant in self._folded}
        self._any_hint = frozenset(self._hints.values())

    def fold(self, text: str) -> str:
        """The text with each variant replaced by the word it stands for."""
        if self._any_hint.isdisjoint(_WORD.findall(text)):
            return text
        return self._variants.sub(lambda match: self._folded[match[0]], text)

    def hints(self, word: str) -> frozenset[str]:
        """The words of which a text has one whenever it has this word after folding."""
        standing = (self._hints[variant] for variant, folded in self._folded.items() if word in words_in(folded))
        return frozenset({word, *standing})


def plain(text: str) -> str:
    """Lower case, with the apostrophe of keyboards."""
    return text.lower().replace("\u2019", "'")


def word_list(text: str) -> list[str]:
    """The words of any text, in lower case; making it plain would not change them."""
    return _WORD.findall(text.lower())


def words_in(text: str) -> frozenset[str]:
    """The words of a plain text."""
    return frozenset(_WORD.findall(text))


def any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Any of the phrases as whole words, the longest first; a phrase such as `?` needs no word borders."""
    longest_first = sorted(phrases, key=len, reverse=True)
    words = "|".join(re.escape(one) for one in longest_first if one[0].isalnum())
    signs = [re.escape(one) for one in longest_first if not one[0].isalnum()]
    return re.compile("|".join([f"(?<![a-z0-9])(?:{words})(?![a-z0-9])"] * bool(words) + signs))


def bordered(phrase: str) -> str:
    """A pattern for the phrase as whole words."""
    escaped = re.escape(phrase)
    return rf"(?<![a-z0-9]){escaped}(?![a-z0-9])" if phrase[0].isalnum() else escaped
