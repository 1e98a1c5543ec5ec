"""All that is known, as one frozen value, and how it is read from a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app.errors import KnowledgeError, Problem
from app.knowledge.card import Card
from app.knowledge.check import check_cards, check_cautions, check_rules, check_vocabulary
from app.knowledge.index import CodeIndex, build_index
from app.knowledge.rules import EvaluationRules, OrderCaution, OverrideReason, TextRules
from app.knowledge.source import Source, read_source, unreadable
from app.knowledge.validate import validate
from app.knowledge.vocabulary import FindingEntry, LabEntry, MedicationEntry, OrderEntry, Role, Vocabulary

T = TypeVar("T")
CARD_FOLDERS = ("red_flags", "causes", "workup")
ROLES: dict[str, Role] = {"triggers": "trigger", "red_flags": "red-flag", "causes": "cause", "modifiers": "modifier"}


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """The content of cards/, compiled. `content_hash` changes with every file that can change an answer."""

    rules: EvaluationRules
    text: TextRules
    vocabulary: Vocabulary
    order_cautions: tuple[OrderCaution, ...]
    override_reasons: tuple[OverrideReason, ...]
    cards: tuple[Card, ...]
    content_hash: str
    index: CodeIndex = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", build_index(self.vocabulary))

    @property
    def version(self) -> str:
        """The released version of the knowledge."""
        return self.rules.version


def load_knowledge(folder: Path) -> Knowledge:
    """Read and check a knowledge folder; raises KnowledgeError with every problem found."""
    reader = _FolderReader(folder)
    knowledge = reader.read()
    if reader.problems or knowledge is None:
        raise KnowledgeError(tuple(sorted(set(reader.problems))))
    return knowledge


def card_files(folder: Path) -> Iterator[Path]:
    """The card files of a knowledge folder; cases files stand beside them and are not cards."""
    for name in CARD_FOLDERS:
        for path in sorted((folder / name).glob("*.yaml")):
            if not path.name.endswith(".cases.yaml"):
                yield path


def _closed_folders(folder: Path) -> Iterator[Problem]:
    """Where cards may stand that nobody can see: looking for files there finds none, and says nothing."""
    for name in CARD_FOLDERS:
        try:
            any((folder / name).iterdir())
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Problem(name, 1, f"a folder of cards was expected and cannot be read ({error.strerror})")


class _FolderReader:
    """Reads file by file, and goes on after a problem so that all of them are reported at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self._hash = hashlib.sha256()

    def read(self) -> Knowledge | None:
        if not self.folder.is_dir():
            self.problems.append(Problem(str(self.folder), 1, "a folder with knowledge files was expected here"))
            return None
        self.problems += _closed_folders(self.folder)
        if self.problems:
            return None
        rules_source, rules = self._file("evaluation.yaml", EvaluationRules)
        cautions_source, cautions = self._file("vocabulary/cautions.yaml", tuple[OrderCaution, ...])
        _, text = self._file("vocabulary/text.yaml", TextRules)
        _, reasons = self._file("override_reasons.yaml", tuple[OverrideReason, ...])
        vocabulary = self._vocabulary()
        cards = [(source, card) for path in card_files(self.folder) for source, card in self._card(path)]
        if vocabulary is None or rules is None or text is None or cautions is None or reasons is None:
            return None
        # An id is the name of its file, so that of a card that could not be read is known too.
        ids = {path.stem for path in card_files(self.folder)}
        self.problems += check_cards(cards, vocabulary, ids)
        self.problems += check_rules(rules_source, rules, vocabulary, ids)
        self.problems += check_cautions(cautions_source, cautions, vocabulary)
        if self.problems:
            return None
        return Knowledge(
            rules=rules,
            text=text,
            vocabulary=vocabulary,
            order_cautions=cautions,
            override_reasons=reasons,
            cards=tuple(card for _, card in cards if card.status != "retired"),
            content_hash=self._hash.hexdigest()[:16],
        )

    def _card(self, path: Path) -> Iterator[tuple[Source, Card]]:
        source = self._source(path.relative_to(self.folder).as_posix())
        card = self._validated(source, Card)
        if card is not None:
            yield source, card

    def _vocabulary(self) -> Vocabulary | None:
        findings: dict[str, FindingEntry] = {}
        roles: dict[str, Role] = {}
        missing = False
        for stem, role in ROLES.items():
            source, entries = self._file(f"vocabulary/{stem}.yaml", dict[str, FindingEntry])
            if entries is None:
                missing = True
                continue
            for name in entries.keys() & findings.keys():
                self.problems.append(source.problem((name,), f"finding `{name}` stands in two files"))
            findings |= entries
            roles |= dict.fromkeys(entries, role)
        _, labs = self._file("vocabulary/labs.yaml", dict[str, LabEntry])
        _, medications = self._file("vocabulary/medications.yaml", dict[str, MedicationEntry])
        orders_source, orders = self._file("vocabulary/orders.yaml", dict[str, OrderEntry])
        _, units = self._file("vocabulary/units.yaml", dict[str, dict[str, str]])
        if missing or labs is None or medications is None or orders is None or units is None:
            return None
        vocabulary = Vocabulary(
            findings=findings,
            roles=roles,
            labs=labs,
            medications=medications,
            orders=orders,
            unit_aliases=units.get("aliases", {}),
        )
        self.problems += check_vocabulary(vocabulary, orders_source)
        return vocabulary

    def _file(self, name: str, kind: type[T]) -> tuple[Source, T | None]:
        source = self._source(name)
        return source, self._validated(source, kind)

    def _source(self, name: str) -> Source:
        path = self.folder / name
        try:
            self._hash.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
            return read_source(path, name)
        except OSError as error:
            return unreadable(name, error)

    def _validated(self, source: Source, kind: type[T]) -> T | None:
        value, problems = validate(source, kind)
        self.problems += problems
        return value
