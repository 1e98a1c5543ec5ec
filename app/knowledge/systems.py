"""Code systems by the identifiers that charts use for them."""

from __future__ import annotations

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"

_OID = "urn:oid:2.16.840.1.113883.6."
_ALIASES = {
    f"{_OID}96": SNOMED,
    f"{_OID}1": LOINC,
    f"{_OID}88": RXNORM,
    f"{_OID}90": ICD10CM,
    f"{_OID}8": UCUM,
}


def canonical_system(system: str | None) -> str | None:
    """The URL of a system that came as an OID (seen from Epic); any other system as it is."""
    return _ALIASES.get(system or "", system)
