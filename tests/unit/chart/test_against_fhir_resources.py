"""The typed decoder against the models of fhir.resources: every kind of input on which they disagree is listed.

The kinds stand in disagreements.yaml, each with examples and with why the decoder is right. Resources of the fixture
patients are then damaged in every element, and each disagreement that comes of it has to be one of those.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from app.chart.decode import UNREADABLE, Page, decode_page
from app.chart.resources import Resource
from tests.support.charts import Json, facts_of, potassium
from tests.support.damage import damaged, put, varied_resources

KINDS: list[Json] = yaml.safe_load(Path(__file__).with_name("disagreements.yaml").read_text(encoding="utf-8"))
EXAMPLES = [
    pytest.param(kind, given, id=f"{kind['kind']}-{n}") for kind in KINDS for n, given in enumerate(kind["given"])
]
MALFORMED = [[5]]
"""What no element that is read can be, whatever its type."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader does with an input; over which element and with what complaint, where it will not have it."""

    does: str
    path: str = ""
    complaint: str = ""

    @property
    def takes_it(self) -> bool:
        """Whether nothing in it was found to be malformed."""
        return self.does not in {"left out", "refused", "refuses"}


def by_legwork(raw: bytes) -> Verdict:
    try:
        page = decode_page(raw)
    except UNREADABLE as error:
        return _complaint("refused", str(error))
    return _complaint("left out", page.left_out[0].reason) if page.left_out else Verdict(_of(page))


def _of(page: Page) -> str:
    if page.failed:
        return "failure"
    return "skipped" if page.types <= {Resource} else "read"


def _complaint(does: str, words: str) -> Verdict:
    said, _, at = words.removeprefix("not valid FHIR: ").partition(" - at `$")
    missing = re.search(r"required field `(\w+)`", said)
    path = re.sub(r"\[(\d+|\.\.\.)\]", ".0", at.strip("`")) + (f".{missing[1]}" if missing else "")
    return Verdict(does, path.strip("."), said)


def by_fhir_resources(raw: bytes) -> Verdict:
    """Types that FHIR does not have make it raise whatever its lookup came to."""
    try:
        get_fhir_model_class(json.loads(raw)["resourceType"]).model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"] if part != "root")
        said = first["msg"] if first["type"] == "value_error" else first["type"]
        return Verdict(
            "refuses", path or said, f"{said} {path}" if "missing" in said else said.split(" from this list")[0]
        )
    except (LookupError, TypeError, ValueError) as error:
        return Verdict("refuses", f"type {error}", "a type that is none")
    return Verdict("accepts")


@pytest.mark.parametrize(("kind", "given"), EXAMPLES)
def test_the_two_disagree_as_is_listed(kind: Json, given: str) -> None:
    ours, theirs = by_legwork(given.encode()), by_fhir_resources(given.encode())
    assert (ours.does, theirs.does) == (kind["legwork"], kind["fhir_resources"])
    objection = theirs if ours.takes_it else ours
    assert any(element in objection.path for element in kind["over"]), objection
    assert kind["because"]


@pytest.mark.parametrize("element", ["effectiveDateTime", "status"])
@pytest.mark.parametrize("said", ["", "2026-02-30", " final"])
def test_a_result_with_a_date_or_status_that_is_none_is_read_and_then_left_out_by_name(element: str, said: str) -> None:
    facts = facts_of(potassium(2.4, **{element: said}))
    assert facts.labs == {}
    assert [one.lab for one in facts.left_out] == ["potassium"]


def test_every_kind_of_disagreement_is_listed() -> None:
    listed = {signature(given.encode()) for kind in KINDS for given in kind["given"]}
    found = {signature(raw): raw for resource in varied_resources() for raw in damaged(resource)}
    assert len(found) > 20, "else nothing was damaged"
    assert {made: raw for made, raw in found.items() if made and made not in listed} == {}


Signature = tuple[str, str, str]


def signature(raw: bytes) -> Signature | None:
    """What makes two disagreements of one kind: what each does, and the complaint if it is about what is read."""
    ours, theirs = by_legwork(raw), by_fhir_resources(raw)
    if ours.takes_it == theirs.takes_it:
        return None
    if not ours.takes_it:
        return ours.does, theirs.does, ours.complaint
    return ours.does, theirs.does, theirs.complaint if is_read(json.loads(raw), theirs.path) else "not read"


def is_read(resource: Json, path: str) -> bool:
    """Whether the decoder minds what is there; true for words in place of a path, which name several."""
    if " " in path:
        return True
    place = tuple(int(part) if part.isdigit() else part for part in path.split("."))
    return not by_legwork(json.dumps(put(resource, place, MALFORMED)).encode()).takes_it
