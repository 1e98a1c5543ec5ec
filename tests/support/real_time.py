"""Tokens and registrations for a service whose clock nobody sets."""

from __future__ import annotations

import time
from pathlib import Path

import yaml

from tests.support.charts import Json
from tests.support.hospital import OPERATOR, PUBLIC, bearer
from tests.support.tokens import ISSUER, Signer
from tests.support.verifying import EHR


def token(path: str, by: Signer = EHR, iss: str = ISSUER) -> str:
    """A token that is valid now, and was never used."""
    now = int(time.time())
    return by.token(aud=f"{PUBLIC}{path}", iss=iss, iat=now, exp=now + 300)


def signed(path: str, by: Signer = EHR, iss: str = ISSUER) -> dict[str, str]:
    """The header that carries such a token."""
    return bearer(token(path, by, iss))


def register(file: Path, *clients: Json) -> None:
    """Write the clients file."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump({"clients": list(clients)}), encoding="utf-8")


def as_hospital(clients: Path) -> dict[str, object]:
    """Settings of a service that asks for tokens."""
    return {
        "allow_unauthenticated": "",
        "clients_file": clients,
        "public_url": PUBLIC,
        "operator_token": OPERATOR,
    }
