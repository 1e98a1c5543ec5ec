"""What the signals of a card are answered, each when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.knowledge.signal import AnySignal
from app.reasoning.signals import Answer, Question
from app.reasoning.truth import Truth


class Answers(Mapping[str, Answer]):
    """The answer to each signal of a card, by its name."""

    def __init__(self, signals: Mapping[str, AnySignal], question: Question) -> None:
        self._signals = signals
        self._question = question
        self._asked: dict[str, Answer] = {}
        self.truths: Mapping[str, Truth] = _Truths(self)

    def __getitem__(self, name: str) -> Answer:
        answer = self._asked.get(name)
        if answer is None:
            answer = self._asked[name] = self._question.answer(self._signals[name])
        return answer

    def __iter__(self) -> Iterator[str]:
        return iter(self._signals)

    def __len__(self) -> int:
        return len(self._signals)


class _Truths(dict[str, Truth]):
    """The truth of each signal that was asked so far; of any other when it is looked up."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def __missing__(self, name: str) -> Truth:
        truth = self[name] = self._answers[name].truth
        return truth
