"""What must be known before an order is carried out (section 5 of the evidence) stands in the order's note."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.knowledge.probe import MINUTE, Probe, weakness
from tests.support.charts import ICD10CM, RXNORM, SNOMED, Json, concept, condition, lexicon, prescription

_MRI = ("mri-lumbar-spine", "mri-cervical-spine", "mri-thoracic-spine", "mri-whole-spine", "mri-brain")
_CT = ("ct-head", "cta-head-neck", "ct-lumbar-spine")
_CHART: dict[str, Json] = {
    "pregnancy": condition("state", concept(None, (SNOMED, "77386006"))),
    "pacemaker": condition("state", concept(None, (SNOMED, "441509002"))),
    "sickle cell disease": condition("state", concept(None, (SNOMED, "127040003"))),
    "kidney disease": condition("state", concept(None, (ICD10CM, "N18.4"))),
    "warfarin": prescription("state", concept(None, (RXNORM, "11289"))),
}
NOTES: dict[str, dict[tuple[str, ...], str]] = {
    "pregnancy": {
        _MRI: "prefer MRI without gadolinium",
        _CT: "CT only if stroke or trauma needs it, and then do not withhold it",
        ("b12-level",): "Pregnancy lowers total B12",
        ("hba1c-level",): "makes HbA1c unreliable",
    },
    "pacemaker": {_MRI: "check MR-conditional status with radiology or cardiology; CT or CT myelogram"},
    "sickle cell disease": {("hba1c-level",): "makes HbA1c unreliable"},
    "kidney disease": {
        ("methylmalonate-level",): "raises methylmalonate without B12 deficiency",
        ("cta-head-neck",): "caution with iodinated contrast",
    },
    "warfarin": {("lumbar-puncture",): "check before lumbar puncture"},
}


def wrong_cautions(probe: Probe, state: str | None = None) -> Iterator[str]:
    """Every order whose note does not say what the evidence says of it, or says anything in another state."""
    for name in [state] if state else NOTES:
        expected = {order: words for orders, words in NOTES[name].items() for order in orders}
        for order in probe.vocabulary.orders:
            notes = _notes(order, name, probe)
            words = expected.get(order)
            if bool(notes) != bool(words) or not any((words or "") in note for note in notes or [""]):
                yield f"{order} in {name}: {notes}, not {words}"


def _notes(order: str, state: str, probe: Probe) -> list[str]:
    (card,) = probe.asked_for(order, [weakness(MINUTE), _CHART[state]]).response.cards
    (suggestion,) = card.suggestions
    return [note["text"] for action in suggestion.actions for note in action.resource.get("note", [])]


@pytest.mark.parametrize("state", NOTES)
def test_the_note_of_an_order_says_what_the_evidence_says_of_this_state(state: str) -> None:
    assert list(wrong_cautions(Probe(lexicon()), state)) == []
