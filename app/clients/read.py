"""Reads the clients file: all problems at once, each with file and line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.chart.version import parse_version
from app.clients.address import canonical
from app.clients.client import Client, FhirServer
from app.clients.keys import KeySet, read_keys
from app.clients.registry import Clients
from app.clients.schema import ClientsFile, RegisteredClient, RegisteredFhirServer
from app.errors import LegworkError, Problem
from app.knowledge.source import Source, read_source
from app.knowledge.validate import validate


class ClientsError(LegworkError):
    """The clients file cannot be used; carries every problem found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def read_clients(path: Path, *, may_be_empty: bool = False) -> Clients:
    """Read and check the clients file and the key files it names; raises ClientsError with every problem found."""
    return _Reader(path).read(may_be_empty)


class _Reader:
    """Goes on after a problem so that all of them are reported at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._hash = hashlib.sha256()

    def read(self, may_be_empty: bool) -> Clients:
        source = self._source()
        entries = self._entries(source)
        clients = [self._client(source, index, entry) for index, entry in enumerate(entries)]
        if not entries and not self.problems and not may_be_empty:
            self.problems.append(source.problem(("clients",), "at least one client was expected"))
        if self.problems:
            raise ClientsError(tuple(sorted(set(self.problems))))
        return Clients({client.iss: client for client in clients}, self._hash.hexdigest()[:16])

    def _source(self) -> Source:
        name = str(self.path)
        try:
            self._hash.update(self.path.read_bytes())
            return read_source(self.path, name)
        except OSError as error:
            return Source(name, None, {}, (Problem(name, 1, f"the clients file cannot be read ({error.strerror})"),))

    def _entries(self, source: Source) -> tuple[RegisteredClient, ...]:
        if source.data is None and not source.problems:
            return ()
        if not source.problems and not isinstance(source.data, dict):
            self.problems.append(Problem(source.file, 1, "a list named `clients` was expected"))
            return ()
        file, problems = validate(source, ClientsFile)
        self.problems += problems
        entries = file.clients if file else ()
        self.problems += _registered_twice(source, entries)
        return entries

    def _client(self, source: Source, index: int, entry: RegisteredClient) -> Client:
        return Client(
            iss=entry.iss,
            jku=entry.jku.url if entry.jku else None,
            jku_private=bool(entry.jku and entry.jku.private),
            jwks=self._keys(source, ("clients", index, "jwks"), entry),
            audiences=entry.audiences,
            tenant=entry.tenant,
            fhir_servers=tuple(map(_fhir_server, entry.fhir_servers)),
            algorithms=entry.algorithms,
            cors_origins=entry.cors_origins,
            max_token_lifetime=timedelta(seconds=entry.max_token_lifetime),
            fetch_budget=entry.fetch_budget,
            shadow=entry.shadow,
            patient_users=entry.patient_users,
        )

    def _keys(self, source: Source, where: tuple[str | int, ...], entry: RegisteredClient) -> KeySet | None:
        if entry.jwks is None:
            return None
        try:
            jwks = self._key_file(entry.jwks) if isinstance(entry.jwks, str) else entry.jwks
            keys = read_keys(jwks, entry.algorithms)
        except ValueError as error:
            self.problems.append(source.problem(where, str(error)))
            return None
        self.problems += (source.problem(where, problem) for problem in keys.refused or _none_at_all(keys))
        return keys

    def _key_file(self, name: str) -> Any:
        """A path is relative to the folder of the clients file; it is not repeated, it may be a key put here."""
        path = self.path.parent / name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ValueError(f"the key file cannot be read ({error.strerror})") from None
        self._hash.update(content)
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            # Not chained: it may be a private key.
            raise ValueError("the key file is not JSON") from None


def _fhir_server(entry: RegisteredFhirServer) -> FhirServer:
    version = parse_version(entry.version) if entry.version else None
    return FhirServer(canonical(entry.url), version, entry.private)


def _none_at_all(keys: KeySet) -> list[str]:
    return [] if keys.keys else ["at least one key was expected"]


def _registered_twice(source: Source, entries: tuple[RegisteredClient, ...]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        where = ("clients", index, "iss")
        if entry.iss in first:
            line = source.line_of(("clients", first[entry.iss], "iss"))
            yield source.problem(where, f"`{entry.iss}` is registered twice, first in line {line}")
        first.setdefault(entry.iss, index)
