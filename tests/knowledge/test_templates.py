"""The templates of a card and of its cases do what they tell, and tell of every key."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

import app.cases.facts
import app.cases.schema
import app.knowledge.card
import app.knowledge.logic
import app.knowledge.signal
from app.cases.schema import REQUIRED_KINDS
from app.cli import app as legwork
from app.fhir.templates import TEMPLATES
from app.knowledge.base import Model
from app.knowledge.check import BECAUSE, ORDERS
from app.settings import CARDS
from tests.support.template import copy_template

CARD, CASES = ((CARDS / name).read_text(encoding="utf-8") for name in ("_template.yaml", "_template.cases.yaml"))


def keys(*modules: ModuleType) -> set[str]:
    """What may be written in a file of these models."""
    several = [one for module in modules for one in vars(module).values()]
    models = [one for one in several if isinstance(one, type) and issubclass(one, Model)]
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


def test_the_templates_copied_as_they_tell_have_no_problem(tmp_path: Path) -> None:
    cards = tmp_path / "cards"
    shutil.copytree(CARDS, cards)
    copy_template(cards, "causes/new-card")

    result = CliRunner().invoke(legwork, ["check", str(cards)])

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("key", sorted(keys(app.knowledge.card, app.knowledge.signal, app.knowledge.logic)))
def test_the_template_of_a_card_tells_of_every_key(key: str) -> None:
    assert re.search(rf"\b{key}\b", CARD)


@pytest.mark.parametrize("key", sorted(keys(app.cases.facts, app.cases.schema)))
def test_the_template_of_cases_tells_of_every_key(key: str) -> None:
    assert re.search(rf"\b{key}\b", CASES)


@pytest.mark.parametrize("placeholder", [BECAUSE, ORDERS])
def test_the_template_of_a_card_tells_of_every_placeholder(placeholder: str) -> None:
    assert f"{{{placeholder}}}, " in CARD


def test_the_template_of_cases_lists_every_input_that_may_be_unavailable() -> None:
    (listed,) = re.findall(r"could not be had: ([^.]*)\.", CASES)
    assert set(re.findall(r"\w+", listed)) == {template.key for template in TEMPLATES}


def test_the_template_of_cases_asks_for_the_kinds_that_are_required() -> None:
    (listed,) = re.findall(r"at least one case of each of these kinds\n(.*?)# and under", CASES, re.DOTALL)
    assert tuple(re.findall(r"^#   (\S+)", listed, re.MULTILINE)) == REQUIRED_KINDS
