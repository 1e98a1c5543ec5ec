"""The service in production, with registered clients, on a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from app.settings import Settings
from tests.support.charts import Json
from tests.support.serving import serving
from tests.support.tokens import ISSUER, NOW, Signer
from tests.support.verifying import EHR

PUBLIC = "https://legwork.example.org"
OPERATOR = "an-operators-token-for-tests"


def registration(by: Signer = EHR, iss: str = ISSUER, **more: Any) -> Json:
    """An entry of the clients file, with the client's public key in it."""
    return {"iss": iss, "jwks": by.jwks(), "algorithms": [by.algorithm], **more}


def production(folder: Path, *clients: Json, **settings: Any) -> Settings:
    """Settings as a hospital has them, with these clients registered."""
    file = folder / "clients.yaml"
    file.write_text(yaml.safe_dump({"clients": list(clients)}), encoding="utf-8")
    values = {"public_url": PUBLIC, "operator_token": OPERATOR, "data_dir": folder / "data", **settings}
    return Settings(mode="production", clients_file=file, **values)


@contextmanager
def hospital(folder: Path, *clients: Json, **settings: Any) -> Iterator[httpx.Client]:
    """What reaches a running service in production, whose clock stands where tokens are valid."""
    with serving(production(folder, *clients, **settings), lambda: NOW) as url, connected(url) as client:
        yield client


def connected(url: str) -> httpx.Client:
    """A caller."""
    return httpx.Client(base_url=url, timeout=30, trust_env=False)


def signed(path: str, by: Signer = EHR, **claims: Any) -> dict[str, str]:
    """The header for a call of a path, with a token that was never used."""
    return bearer(by.token(**{"aud": f"{PUBLIC}{path}", **claims}))


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


AS_OPERATOR = bearer(OPERATOR)
