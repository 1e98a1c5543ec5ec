"""Writing that never makes a call wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
_BATCH = 1_000


class Target(Protocol[T_contra]):
    """Where items go. Called by one thread at a time."""

    def write(self, items: Sequence[T_contra]) -> int:
        """Make the first items safe and return how many, at least one; when it raises, all are tried again."""

    def tick(self) -> None:
        """What else is to be done now and then; called after each round."""

    def failed(self, error: Exception) -> None:
        """Told of each failure of the others."""


class BufferedWriter(Generic[T]):
    """Takes items on any thread without waiting; a thread of its own hands them on, in order, in batches.

    `interval` is in seconds. What comes when `capacity` items wait is counted as lost. After `close`, items are
    written at once, by the caller.
    """

    def __init__(self, target: Target[T], *, name: str, capacity: int, interval: float) -> None:
        self._target = target
        self._capacity, self._interval = capacity, interval
        self._items: deque[T] = deque()
        self._lost = 0
        self._lock, self._writing = threading.Lock(), threading.RLock()
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Take an item; the buffer is full when it is not taken."""
        if len(self._items) >= self._capacity:
            with self._lock:
                self._lost += 1
            return
        self._items.append(item)
        if self._closed and not self._thread.is_alive():
            self._round()

    def hurry(self) -> None:
        """Write what waits without waiting for the interval."""
        self._wake.set()

    def take_lost(self) -> int:
        """How many items were lost since this was last asked."""
        with self._lock:
            lost, self._lost = self._lost, 0
        return lost

    def close(self, timeout: float = 5.0) -> int:
        """Write what waits, within `timeout` seconds; how many items could not be written."""
        self._closed = True
        self._wake.set()
        self._thread.join(timeout)
        return len(self._items)

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(self._interval)
            self._wake.clear()
            self._round()
        self._round()

    def _round(self) -> None:
        try:
            with self._writing:
                self._drain()
            self._target.tick()
        except Exception as error:  # noqa: BLE001 (nothing may end this thread while the service runs)
            self._target.failed(error)

    def _drain(self) -> None:
        while self._items:
            for _ in range(self._target.write(list(islice(self._items, _BATCH)))):
                self._items.popleft()
