"""The release of FHIR that a server speaks, as far as it changes what Legwork reads or writes."""

from __future__ import annotations

from enum import Enum


class FhirVersion(Enum):
    """A release, by the name that HL7 gives it."""

    STU3 = "STU3"
    R4 = "R4"
    R4B = "R4B"
    R5 = "R5"

    @property
    def has_service_request(self) -> bool:
        """Whether an order can be written as a ServiceRequest, which came with R4."""
        return self is not FhirVersion.STU3


_BY_NUMBER = {
    "3.0": FhirVersion.STU3,
    "4.0": FhirVersion.R4,
    "4.1": FhirVersion.R4B,  # its ballot
    "4.3": FhirVersion.R4B,
    "5.0": FhirVersion.R5,
}
_BY_NAME = {"R3": FhirVersion.STU3, **{version.value: version for version in FhirVersion}}


def parse_version(text: str) -> FhirVersion:
    """A release by its name (`R4B`, `STU3`) or its number (`4.0.1`, `5.0`, `5.0.0-ballot`).

    A CapabilityStatement gives the number under `fhirVersion` (https://hl7.org/fhir/versions.html#versions). Raises
    ValueError for a release that Legwork neither reads nor writes, such as 1.0.2 (DSTU2).
    """
    wanted = text.strip().upper()
    found = _BY_NAME.get(wanted) or _BY_NUMBER.get(".".join(wanted.split(".")[:2]))
    if found is None:
        names = ", ".join(_BY_NAME)
        raise ValueError(f"FHIR version {text!r} is none of {names}, nor a number such as 4.0.1")
    return found
