"""A knowledge folder many times as large: copies of cards, and of all names and codes that they use.

A copy has its own ids, names, codes and phrases, so that no chart speaks of it. Cards that fire on the weakness alone
stay single: every copy of these would fire.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from string import digits
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from app.knowledge.card import Card
from app.knowledge.codes import Loinc, Snomed
from app.knowledge.knowledge import card_files, load_knowledge
from app.knowledge.signal import WeaknessSignal
from app.reasoning.verdict import judge_levels

_NAMED = ("triggers", "labs", "medications", "orders", "causes", "red_flags", "modifiers")
_CODES = ("loinc", "snomed", "icd10cm", "icd10cm_under", "systemic", "non_systemic", "unclassified")
_CHECKED: dict[str, TypeAdapter[str]] = {"loinc": TypeAdapter(Loinc), "snomed": TypeAdapter(Snomed)}
_WORDS = ("medication",)  # is a word of the format, and the id of a card
_KINDS = ("weakness",)  # its values are kinds of weakness, of which one is called like a trigger


def write_copies(knowledge: Path, folder: Path, times: int) -> Path:
    """Write a folder with `times` as many cards and vocabulary; returns it."""
    shutil.copytree(knowledge, folder)
    files = {name: folder / "vocabulary" / f"{name}.yaml" for name in _NAMED}
    originals = {name: yaml.safe_load(path.read_text(encoding="utf-8")) for name, path in files.items()}
    single = {card.id for card in load_knowledge(knowledge).cards if _fires_on_weakness_alone(card)}
    cards = [path for path in card_files(folder) if path.stem not in single]
    names = {name for entries in originals.values() for name in entries} | {path.stem for path in cards}
    for copy in range(1, times):
        rename = _renaming(names, f"-copy-{copy}")
        for name, path in files.items():
            _append(path, _recoded(rename(originals[name]), copy))
        for path in cards:
            card = rename(yaml.safe_load(path.read_text(encoding="utf-8")))
            _append(path.with_name(f"{card['id']}.yaml"), card)
    return folder


def _fires_on_weakness_alone(card: Card) -> bool:
    truths = {name: isinstance(signal, WeaknessSignal) for name, signal in card.signals.items()}
    return judge_levels(card, truths).level is not None


def _append(path: Path, value: Any) -> None:
    with path.open("a", encoding="utf-8") as file:
        yaml.safe_dump(value, file, sort_keys=False, allow_unicode=True)


def _renaming(names: set[str], suffix: str) -> Callable[[Any], Any]:
    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key if key in _WORDS else rename(key): one if key in _KINDS else rename(one)
                for key, one in value.items()
            }
        if isinstance(value, list):
            return [rename(one) for one in value]
        return value + suffix if isinstance(value, str) and value in names else value

    return rename


def _recoded(value: Any, copy: int) -> Any:
    """With codes and words that no chart holds."""
    if isinstance(value, list):
        return [_recoded(one, copy) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _recoded(one, copy) for key, one in value.items()}
    for key in _CODES:
        if isinstance(changed.get(key), dict):
            changed[key] = {_other(code, copy, key): display for code, display in changed[key].items()}
    if "code" in changed:
        changed["code"] = _other(changed["code"], copy, changed["system"])
    if "rxnorm" in changed:
        changed["rxnorm"] = _other(changed["rxnorm"], copy, "rxnorm")
    if "phrases" in changed:
        changed["phrases"] = [f"{phrase}x{copy}" for phrase in changed["phrases"]]
    return changed


def _other(code: str, copy: int, system: str) -> str:
    """Of the same form, with the check digit that its system wants."""
    longer = f"{code[0]}{copy}{code[1:]}"
    if system not in _CHECKED:
        return longer
    return next(one for one in (longer[:-1] + digit for digit in digits) if _is_code(one, system))


def _is_code(text: str, system: str) -> bool:
    try:
        _CHECKED[system].validate_python(text)
    except ValidationError:
        return False
    return True
