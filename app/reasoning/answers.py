"""What the signals of a card are answered, each when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from app.knowledge.signal import AnySignal
from app.reasoning.signals import Answer, Question
from app.reasoning.truth import Truth

_NOTHING: Mapping[str, Truth] = {}


class Answers(Mapping[str, Answer]):
    """The answer to each signal of a card, by its name.

    The truths that are `known` are not asked for again, save those that this chart may answer `anew`.
    """

    def __init__(
        self,
        signals: Mapping[str, AnySignal],
        question: Question,
        known: Mapping[str, Truth] = _NOTHING,
        anew: Iterable[str] = (),
    ) -> None:
        self._signals = signals
        self._asked = _Asked(signals, question)
        self.truths: dict[str, Truth] = _Truths(self._asked, known)
        for name in anew:
            self.truths.pop(name, None)

    def __getitem__(self, name: str) -> Answer:
        return self._asked[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._signals)

    def __len__(self) -> int:
        return len(self._signals)


class _Asked(dict[str, Answer]):
    """The answers that were asked for so far; any other is asked for when it is looked up."""

    def __init__(self, signals: Mapping[str, AnySignal], question: Question) -> None:
        super().__init__()
        self._signals = signals
        self._question = question

    def __missing__(self, name: str) -> Answer:
        answer = self[name] = self._question.answer(self._signals[name])
        return answer


class _Truths(dict[str, Truth]):
    """The truth of each signal that was asked so far; of any other when it is looked up."""

    def __init__(self, asked: _Asked, known: Mapping[str, Truth]) -> None:
        super().__init__(known)
        self._asked = asked

    def __missing__(self, name: str) -> Truth:
        truth = self[name] = self._asked[name].truth
        return truth
