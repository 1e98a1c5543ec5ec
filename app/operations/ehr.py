"""`legwork check-ehr`: registered clients, tried before they go live."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from app.clients.client import Client
from app.errors import LegworkError
from app.fhir.templates import filled_templates
from app.serving.files import Files, read_files
from app.serving.outside import open_outside
from app.settings import Settings
from app.trial.ehr.check import Outset, Trial, check_client
from app.trial.ehr.finding import Finding
from app.trial.token import read_token


class CannotCheck(LegworkError):
    """Something that the check needs was not given, or is not registered."""


def read_trial(patient: str | None, token: str | None, token_file: Path | None, scope: str | None) -> Trial | None:
    """None when neither a patient nor a token is given; raises CannotCheck when only one is, and UnreadableToken."""
    if token_file:
        token = read_token(token_file)
    if not patient and not token:
        return None
    if not patient or not token:
        raise CannotCheck("to try the queries, both a patient (--patient) and a token (CHECK_EHR_TOKEN) are needed")
    return Trial(patient, token, scope)


async def check_ehrs(
    settings: Settings, iss: str | None, trial: Trial | None
) -> AsyncIterator[tuple[Client, list[Finding]]]:
    """Each client, or the one that is named; raises CannotCheck, ClientsError, KnowledgeError."""
    files = read_files(settings)
    clients = _named(files, iss)
    outside = open_outside(settings, files.clients)
    try:
        outset = Outset(outside.http, filled_templates(files.knowledge.vocabulary), settings.fetch_budget, trial)
        for client in clients:
            yield client, [finding async for finding in check_client(client, outset)]
    finally:
        await outside.close()


def _named(files: Files, iss: str | None) -> list[Client]:
    if iss is None:
        clients = list(files.clients)
        if not clients:
            raise CannotCheck("no client is registered (LEGWORK_CLIENTS_FILE)")
        return clients
    client = files.clients.by_issuer(iss)
    if client is None:
        known = ", ".join(sorted(files.clients.issuers)) or "there is none"
        raise CannotCheck(f"`{iss}` is not registered: {known}")
    return [client]
