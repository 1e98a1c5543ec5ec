"""What is served now, and how it is replaced while calls are being answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec

from app.clients.registry import Clients
from app.facts.context import build_lexicon
from app.fhir.fetcher import Fetcher
from app.fhir.templates import filled_templates
from app.fhir.versions import Versions
from app.hooks.service import describe
from app.hooks.state import State
from app.knowledge.knowledge import Knowledge
from app.reasoning.deck import deck_of
from app.security.tokens import FirstUse, Verifier
from app.serving.files import Files, anyone, fingerprint, read_files
from app.serving.outside import Outside, open_outside
from app.serving.replaced import LONGEST_USE, Replaced
from app.settings import Settings
from app.store.switches import SharedState, Switch, SwitchKind

log = logging.getLogger(__name__)


class Serving:
    """Holds one State at a time. A new one is built whole before it takes the place of the old."""

    def __init__(
        self,
        settings: Settings,
        first_use: FirstUse,
        on_change: Callable[[State], None],
        *,
        longest_use: float = LONGEST_USE,
    ) -> None:
        self._settings = settings
        self._first_use = first_use
        self._on_change = on_change
        self._versions = Versions()
        self._files = read_files(settings)
        self._outside = open_outside(settings, self._files.clients)
        self._replaced = Replaced(longest_use)
        self._generation: int | None = None
        self._switches: tuple[Switch, ...] = ()
        self._applying = asyncio.Lock()
        self.state = self._build(self._files, self._outside, SharedState(0, ()))

    @property
    def knowledge(self) -> Knowledge:
        """All of it, whatever is switched off."""
        return self._files.knowledge

    @property
    def clients(self) -> Clients:
        """The registered clients."""
        return self._files.clients

    def names(self, kind: SwitchKind) -> frozenset[str]:
        """What can be switched off."""
        return self._files.names(kind, self._settings)

    async def start(self, shared: SharedState) -> None:
        """The files are of this generation, unless they changed after they were read; raises as `apply`."""
        is_current = await asyncio.to_thread(fingerprint, self._settings) == self._files.fingerprint
        self._generation = shared.generation if is_current else None
        await self.apply(shared)

    async def apply(self, shared: SharedState) -> None:
        """Serve with these switches and, when the generation changed, with the files as they are now.

        Raises KnowledgeError and ClientsError; then the files stay as they were, and the switches hold all the same.
        """
        async with self._applying:
            if shared.switches != self._switches:
                self._use(self._files, shared)
            if shared.generation != self._generation:
                self._use(await asyncio.to_thread(read_files, self._settings), shared)
                self._generation = shared.generation

    def _use(self, files: Files, shared: SharedState) -> None:
        outside = self._outside
        if files.clients.content_hash != self._files.clients.content_hash:
            outside = open_outside(self._settings, files.clients, outside)
            self._replaced.add(self._outside)
        self.state = self._build(files, outside, shared)
        log.info("knowledge %s, clients %s", files.knowledge.content_hash, files.clients.content_hash or "none")
        _log_changes(self._switches, shared.switches)
        self._files, self._outside, self._switches = files, outside, shared.switches

    async def close(self) -> None:
        """Ask nobody any more, and close all ways out."""
        await self._versions.close()
        await self._replaced.close()
        await self._outside.close()

    def _build(self, files: Files, outside: Outside, shared: SharedState) -> State:
        settings, off = self._settings, shared.off("card")
        knowledge = replace(files.knowledge, cards=tuple(card for card in files.knowledge.cards if card.id not in off))
        vocabulary = knowledge.vocabulary
        deck_of(knowledge)  # compiled here, not while the first patient waits
        state = State(
            lexicon=build_lexicon(knowledge, pages=f"{settings.base_url}/cards"),
            discovery=msgspec.json.encode({"services": [describe(vocabulary)]}),
            verifier=Verifier(
                files.clients,
                outside.keys,
                self._first_use,
                timedelta(seconds=settings.clock_skew),
                anyone(settings),
            ),
            fetcher=Fetcher(outside.http, filled_templates(vocabulary), versions=self._versions),
            off_cards=off,
            off_clients=shared.off("client"),
        )
        self._on_change(state)
        return state


def _log_changes(before: Sequence[Switch], after: Sequence[Switch]) -> None:
    """The lasting trace of what operators switch: the database knows only what is off now."""
    for one in before:
        if one not in after:
            log.warning("%s %s is on again", one.kind, one.name)
    for one in after:
        if one not in before:
            log.warning("%s %s is off, since %s by %s", one.kind, one.name, one.off_since, one.switched_by)
