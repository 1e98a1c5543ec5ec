"""MedicationRequests to prescriptions, by RxNorm code or by the drug's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from app.chart.decode import LeftOut, reference_of
from app.chart.reference import relative
from app.chart.resources import CodeableConcept, Dosage, Medication, MedicationRequest
from app.facts.context import Lexicon, Reading, words_of
from app.facts.dates import usable_moment
from app.facts.model import Prescription
from app.facts.moment import UNKNOWN_AGE, age_of
from app.knowledge.index import Drug
from app.knowledge.systems import RXNORM, canonical_system

_CURRENT = frozenset({"active", "on-hold"})
_NOT_TAKEN = frozenset({"entered-in-error", "cancelled", "draft"})
_NOT_ORDERED = frozenset({"proposal", "plan"})
_medication = msgspec.json.Decoder(Medication)


def read_prescriptions(
    requests: Iterable[MedicationRequest], included: Iterable[Medication], reading: Reading
) -> Iterator[Prescription]:
    """One prescription for each ingredient that the vocabulary knows."""
    by_reference = {reference_of(one): one for one in included}
    for request in requests:
        if _was_given(request):
            yield from _read_one(request, by_reference, reading)


def unnamed_prescriptions(requests: Iterable[MedicationRequest], included: Iterable[Medication]) -> Iterator[LeftOut]:
    """Those of an unknown drug: mostly its Medication did not come, and the reference has no text."""
    by_reference = {reference_of(one): one for one in included}
    for request in requests:
        is_named = request.medicationCodeableConcept is not None  # nearly always, and seen at once
        if not is_named and request.prescribed.reference and _was_given(request):
            concept = _concept(request, by_reference)
            if not concept.coding and not words_of(concept):
                yield LeftOut(reference_of(request), "a prescription that names no drug")


def _was_given(request: MedicationRequest) -> bool:
    """What is taken at home and only written down here is a plan (Oracle Health, US Core) or a proposal (MEDITECH)."""
    intended = request.intent in _NOT_ORDERED and not request.reported
    return not (request.status in _NOT_TAKEN or request.doNotPerform or intended)


def _read_one(
    request: MedicationRequest, by_reference: Mapping[str, Medication], reading: Reading
) -> Iterator[Prescription]:
    drugs = _drugs(_concept(request, by_reference), request.dosageInstruction, reading.lexicon)
    authored = usable_moment(request.authoredOn, reading) if drugs else None
    for drug in drugs:
        yield Prescription(
            ingredient=drug.ingredient,
            groups=frozenset(drug.groups),
            reference=reference_of(request),
            current=request.status in _CURRENT,
            authored=authored,
            age=age_of(authored, reading.now) if authored else UNKNOWN_AGE,
        )


def _concept(request: MedicationRequest, by_reference: Mapping[str, Medication]) -> CodeableConcept:
    """The drug, wherever it stands: in the request, contained or included; where that has no words, the reference's."""
    concept, reference = request.prescribed.concept, request.prescribed.reference
    if concept or reference is None:
        return concept or CodeableConcept()
    target = reference.reference or ""
    found = (
        _contained(request, target[1:])
        if target.startswith("#")
        else by_reference.get(relative(target, Medication.__name__))
    )
    code = (found.code if found else None) or CodeableConcept()
    return code if words_of(code) else CodeableConcept(code.coding, reference.display)


def _contained(request: MedicationRequest, wanted: str) -> Medication | None:
    for raw in request.contained:
        try:
            medication = _medication.decode(raw)
        except msgspec.ValidationError:
            continue  # another type of resource, or one that cannot be read: then the reference's text speaks
        if (medication.id or "").removeprefix("#") == wanted:  # HAPI FHIR 7.6 puts the sign before the id, too
            return medication
    return None


def _drugs(concept: CodeableConcept, doses: Iterable[Dosage], lexicon: Lexicon) -> list[Drug]:
    """By code when a code is known, else by name; local use (eye drops, cream) counts only where any route does."""
    text = words_of(concept)
    found = _coded(concept, lexicon)
    if found is None:
        found = [lexicon.drugs[said.name] for said in lexicon.drug_names.find(text)]
    if found and lexicon.text.affirms("\n".join([text, *(words_of(one.route) for one in doses)]), lexicon.not_systemic):
        found = [_any_route(drug, lexicon) for drug in found]
    return [drug for drug in dict.fromkeys(found) if drug.groups]


def _coded(concept: CodeableConcept, lexicon: Lexicon) -> list[Drug] | None:
    """The drugs that the codes mean; None where no code is known."""
    by_code = lexicon.knowledge.index.drugs
    known = [one.code for one in concept.coding if one.code in by_code and canonical_system(one.system) == RXNORM]
    return [drug for code in known for drug in by_code[code or ""]] if known else None


def _any_route(drug: Drug, lexicon: Lexicon) -> Drug:
    groups = lexicon.knowledge.vocabulary.medications
    return Drug(drug.ingredient, tuple(group for group in drug.groups if groups[group].any_route))
