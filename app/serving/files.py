"""The files that an operator may change while the service runs."""

from __future__ import annotations

from dataclasses import dataclass

from app.clients.client import DEVELOPMENT, UNAUTHENTICATED, Client
from app.clients.read import read_clients
from app.clients.registry import NO_CLIENTS, Clients
from app.knowledge.knowledge import Knowledge, load_knowledge
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Files:
    """Knowledge and clients, both checked."""

    knowledge: Knowledge
    clients: Clients


def read_files(settings: Settings) -> Files:
    """Read both; raises KnowledgeError or ClientsError with every problem of the file."""
    return Files(load_knowledge(settings.cards_dir), _clients(settings))


def anyone(settings: Settings) -> Client | None:
    """The client that a call without a token is counted as, where such calls are answered."""
    if settings.is_development:
        return DEVELOPMENT
    return UNAUTHENTICATED if settings.allow_unauthenticated else None


def _clients(settings: Settings) -> Clients:
    if settings.clients_file is None:
        return NO_CLIENTS
    return read_clients(settings.clients_file, may_be_empty=not settings.requires_authentication)
