"""Releases of FHIR by name and by number."""

from __future__ import annotations

import pytest

from app.chart.version import FhirVersion, parse_version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.0.1", FhirVersion.STU3),
        ("3.0.2", FhirVersion.STU3),
        ("STU3", FhirVersion.STU3),
        ("R3", FhirVersion.STU3),
        ("4.0.0", FhirVersion.R4),
        ("4.0.1", FhirVersion.R4),
        ("4.0", FhirVersion.R4),
        ("R4", FhirVersion.R4),
        ("r4", FhirVersion.R4),
        ("4.1.0", FhirVersion.R4B),
        ("4.3.0", FhirVersion.R4B),
        ("4.3.0-snapshot1", FhirVersion.R4B),
        ("R4B", FhirVersion.R4B),
        ("5.0.0", FhirVersion.R5),
        ("5.0.0-ballot", FhirVersion.R5),
        (" R5 ", FhirVersion.R5),
    ],
)
def test_a_release_is_known_by_name_and_by_number(text: str, version: FhirVersion) -> None:
    assert parse_version(text) is version


@pytest.mark.parametrize("text", ["1.0.2", "6.0.0-ballot2", "4", "40.0", "R", "", "4.6.0", "latest"])
def test_another_release_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="R4B"):
        parse_version(text)


def test_only_stu3_has_no_service_request() -> None:
    assert [version for version in FhirVersion if not version.has_service_request] == [FhirVersion.STU3]
