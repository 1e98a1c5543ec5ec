"""What lives as long as the process, and is opened and closed in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime

from app.errors import LegworkError
from app.hooks.state import Edge, State
from app.observability.audit import Audit
from app.observability.call_log import CallLog
from app.observability.log import LogWriter
from app.observability.metrics import Metrics
from app.observability.middleware import Sink
from app.observability.pseudonym import Pseudonyms
from app.observability.registry import RegistryOnLoop
from app.serving.last_state import LastState
from app.serving.registry import StoredChains
from app.serving.reload import reload_files
from app.serving.serving import Serving
from app.serving.storage import configured_database
from app.settings import Settings
from app.store.errors import StoreUnavailable
from app.store.recorder import Recorder
from app.store.replay import Replay
from app.store.retention import delete_past
from app.store.spool import Spool
from app.store.switches import SharedState, follow, read_state

log = logging.getLogger(__name__)

_CLEANING_SECONDS = 3600.0


class Parts:
    """Making them does no I/O but reading files; `running` opens them. `log_writer` is None where nothing is logged."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime], log_writer: LogWriter | None) -> None:
        self.settings = settings
        self.log_writer = log_writer
        self.database = configured_database(settings)
        self.recorder = Recorder(self.database, Spool(settings.data_dir / "spool"))
        self.replay = Replay(self.database)
        self.metrics = Metrics()
        self.metrics.watch_recorder(self.recorder)
        self.serving = Serving(settings, self.replay.first_use, self._changed)
        if log_writer:
            log_writer.on_lost = self.metrics.log_lines_lost
        self.sinks: list[Sink] = [self.metrics, *([CallLog(log_writer)] if log_writer else [])]
        self.edge = self._edge(clock)
        self.draining = False
        self._last_state = LastState(settings.data_dir / "switches.json")

    def _changed(self, state: State) -> None:
        knowledge = state.lexicon.knowledge
        self.metrics.use_knowledge(knowledge.version, knowledge.content_hash)

    def _edge(self, clock: Callable[[], datetime]) -> Edge:
        settings, key = self.settings, self.settings.audit_key
        return Edge(
            base_url=settings.base_url,
            development=settings.is_development,
            fetch_budget=settings.fetch_budget,
            keep_comments=settings.feedback_comments,
            pseudonyms=Pseudonyms(key.get_secret_value().encode() if key else None),
            database=self.database,
            recorder=self.recorder,
            current=lambda: self.serving.state,
            clock=clock,
        )

    def origins(self) -> frozenset[str]:
        """The origins of all clients, for preflights."""
        return self.serving.clients.origins

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything open; at the end what waits is written, and all is closed, the last opened first."""
        for warning in self.settings.warnings:
            log.warning(warning)
        async with AsyncExitStack() as stack:
            try:
                await self._open(stack)
            except (LegworkError, OSError) as error:
                log.critical("this process cannot start: %s", str(error))
                raise
            except Exception:
                log.critical("this process cannot start", exc_info=True)
                raise
            yield

    async def _open(self, stack: AsyncExitStack) -> None:
        if self.log_writer:
            stack.callback(self.log_writer.close)
        stack.push_async_callback(self.database.close)
        stack.callback(self.metrics.refresh)  # what this worker counted stays when another takes its place
        await self.serving.start(await self._shared())
        stack.push_async_callback(self.serving.close)
        stack.push_async_callback(self.replay.close)
        self._start_traces(stack)
        self._start_audit(stack)
        self.recorder.start()
        stack.push_async_callback(self.recorder.close, self.settings.shutdown_timeout / 4)
        for work in (follow(self.database, self.apply), self._clean(), self._look_at_queue()):
            stack.push_async_callback(_end, asyncio.create_task(work))

    async def reload(self) -> int:
        """Have every worker on every machine read the files; raises KnowledgeError, ClientsError, StoreUnavailable."""
        return await reload_files(self.settings, self.database)

    async def _shared(self) -> SharedState:
        """Switches hold from the first call on; without the database, those that were last known here."""
        try:
            await self.database.prepare()
            return await read_state(self.database)
        except StoreUnavailable as error:
            last = self._last_state.load()
            off = ", ".join(f"{one.kind} {one.name}" for one in last.switches) or "nothing"
            log.error("the database is away at start (%s); switched off, as last known: %s", error.reason, off)
            return last

    async def apply(self, shared: SharedState) -> None:
        """Serve by it from now on; raises KnowledgeError and ClientsError as `Serving.apply`."""
        await asyncio.to_thread(self._last_state.save, shared)
        await self.serving.apply(shared)

    def _start_audit(self, stack: AsyncExitStack) -> None:
        registry = RegistryOnLoop(StoredChains(self.database), asyncio.get_running_loop())
        folder, days = self.settings.data_dir / "audit", self.settings.audit_retention_days
        audit = Audit(folder, registry, keep_days=days, on_failure=self.metrics.audit_failed)
        self.sinks.append(audit)
        # Its last entries go to the registry through this loop, which must not wait for itself.
        stack.push_async_callback(asyncio.to_thread, audit.close)

    def _start_traces(self, stack: AsyncExitStack) -> None:
        endpoint = self.settings.otlp_endpoint
        if endpoint is None:
            return
        from app.observability.tracing import Traces  # noqa: PLC0415 (slow to import, for those alone who want traces)

        traces = Traces(str(endpoint), self.serving.state.lexicon.knowledge.version)
        self.sinks.append(traces)
        stack.push_async_callback(asyncio.to_thread, traces.close)

    async def _look_at_queue(self) -> None:
        """Also while no call comes that would tell."""
        while True:
            self.metrics.refresh()
            await asyncio.sleep(1)

    async def _clean(self) -> None:
        """Delete what is past its time; tried again an hour later when the database is away."""
        while True:
            with suppress(StoreUnavailable):
                await delete_past(self.database, datetime.now(UTC), self.settings.feedback_retention)
            await asyncio.sleep(_CLEANING_SECONDS)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
