"""A file with a hook request or a patient Bundle, read as a chart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.chart.chart import Chart, build_chart
from app.chart.decode import Entry, decode_page
from app.chart.resources import Patient
from app.errors import RequestError, UnreadableFile
from app.fhir.prefetch import read_prefetch, require_inputs
from app.hooks.request import decode_request, subject_of
from app.hooks.service import HOOK
from app.rendering.context import Subject


@dataclass(frozen=True, slots=True)
class ChartFile:
    """The chart and whom orders would be for. Only a request can lack inputs; a Bundle is taken as whole."""

    chart: Chart
    subject: Subject
    is_request: bool

    def require_inputs(self, *, triggered: bool) -> None:
        """For a request, the same refusal as from the service."""
        if self.is_request:
            require_inputs(self.chart, triggered=triggered)


class _Head(msgspec.Struct):
    resourceType: str | None = None  # noqa: N815 (FHIR's spelling)
    hook: str | None = None


def read_chart_file(path: Path) -> ChartFile:
    """Read the file; raises UnreadableFile that says what was expected."""
    try:
        body = path.read_bytes()
        head = msgspec.json.decode(body, type=_Head)
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise UnreadableFile(f"{path}: a JSON object was expected: {error}") from error
    if head.resourceType == "Bundle":
        return _from_bundle(body, path)
    if head.hook is not None:
        return _from_request(body, path)
    raise UnreadableFile(f"{path}: a hook request or a patient Bundle was expected")


def _from_request(body: bytes, path: Path) -> ChartFile:
    try:
        request = decode_request(body, HOOK)
        chart = read_prefetch(request.prefetch, request.context.patient_id)
    except RequestError as error:
        raise UnreadableFile(f"{path}: {error.where or 'the body'}: {error}") from error
    return ChartFile(chart, subject_of(request), is_request=True)


def _from_bundle(body: bytes, path: Path) -> ChartFile:
    page = decode_page(body)
    patients = [entry for entry in page.entries if isinstance(entry.resource, Patient)]
    if len(patients) != 1:
        raise UnreadableFile(f"{path}: a Bundle with one Patient was expected, this one has {len(patients)}")
    names = _names(patients[0])
    chart = build_chart(page.entries, names, left_out=page.left_out)
    return ChartFile(chart, Subject(min(names) if names else "Patient/unknown"), is_request=False)


def _names(entry: Entry) -> frozenset[str]:
    """What references to this Patient look like."""
    relative = f"Patient/{entry.resource.id}" if entry.resource and entry.resource.id else None
    return frozenset(name for name in (relative, entry.fullUrl) if name)
