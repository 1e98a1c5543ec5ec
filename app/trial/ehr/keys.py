"""Whether the tokens of a client can be verified."""

from __future__ import annotations

from collections.abc import Iterator

from app.clients.client import Client
from app.clients.keys import KeySet
from app.outbound.client import OutboundClient
from app.security.key_server import KeyServerFailure, fetch_keys
from app.trial.ehr.finding import Finding

PART = "keys"


async def check_keys(client: Client, http: OutboundClient) -> list[Finding]:
    """The keys that are registered themselves, or those at the registered URL."""
    if client.jku is None:
        return list(_findings(client, client.jwks or KeySet({})))
    try:
        keys = await fetch_keys(http, client.jku, client.algorithms)
    except KeyServerFailure as failure:
        return [Finding(PART, client.jku, "failed", _told(failure))]
    return [Finding(PART, client.jku, "ok", "answers"), *_findings(client, keys)]


def _findings(client: Client, keys: KeySet) -> Iterator[Finding]:
    for kid, algorithm in sorted(keys.keys):
        yield Finding(PART, kid, "ok", f"verifies {algorithm}")
    for problem in keys.refused:
        yield Finding(PART, "a key that is not used", "note", problem)
    missing = [one for one in client.algorithms if not any(algorithm == one for _, algorithm in keys.keys)]
    if missing:
        yield Finding(PART, ", ".join(missing), "note", "registered, and there is no key for it")


def _told(failure: KeyServerFailure) -> str:
    """With what lies behind it, such as a certificate that is not trusted."""
    cause = str(failure.__cause__ or "")
    return f"{failure}: {cause}" if cause else str(failure)
