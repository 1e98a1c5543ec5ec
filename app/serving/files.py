"""The files that an operator may change while the service runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from app.clients.client import DEVELOPMENT, UNAUTHENTICATED, Client
from app.clients.read import read_clients
from app.clients.registry import NO_CLIENTS, Clients
from app.knowledge.knowledge import Knowledge, load_knowledge
from app.settings import Settings
from app.store.switches import SwitchKind


@dataclass(frozen=True, slots=True)
class Files:
    """Knowledge and clients, both checked, and the fingerprint that their files had before they were read."""

    knowledge: Knowledge
    clients: Clients
    fingerprint: str

    def names(self, kind: SwitchKind, settings: Settings) -> frozenset[str]:
        """What can be switched off."""
        if kind == "card":
            return frozenset(card.id for card in self.knowledge.cards)
        unnamed = anyone(settings)
        return frozenset(self.clients.issuers) | ({unnamed.iss} if unnamed else set())


def read_files(settings: Settings) -> Files:
    """Read both; raises KnowledgeError or ClientsError with every problem of the file."""
    clients = _clients(settings)
    before = _fingerprint(clients, settings.cards_dir)
    return Files(load_knowledge(settings.cards_dir), clients, before)


def fingerprint(settings: Settings) -> str:
    """Changes with every byte of the files, and takes a fraction of the time of reading them; raises ClientsError."""
    return _fingerprint(_clients(settings), settings.cards_dir)


def _fingerprint(clients: Clients, cards: Path) -> str:
    content = hashlib.sha256(clients.content_hash.encode())
    for path in sorted(cards.rglob("*.yaml")):
        content.update(str(path).encode() + b"\0" + _bytes(path) + b"\0")
    return content.hexdigest()


def _bytes(path: Path) -> bytes:
    """Of a file that cannot be read, why: who needs it reports that, with all other problems."""
    try:
        return path.read_bytes()
    except OSError as error:
        return str(error.errno).encode()


def anyone(settings: Settings) -> Client | None:
    """The client that a call without a token is counted as, where such calls are answered."""
    if settings.is_development:
        return DEVELOPMENT
    return UNAUTHENTICATED if settings.allow_unauthenticated else None


def _clients(settings: Settings) -> Clients:
    if settings.clients_file is None:
        return NO_CLIENTS
    return read_clients(settings.clients_file, may_be_empty=not settings.requires_authentication)
