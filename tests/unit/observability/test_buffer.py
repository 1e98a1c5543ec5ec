from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from app.observability.buffer import BufferedWriter


class Shelf:
    """A target that can be made to fail or to stall."""

    def __init__(self) -> None:
        self.items: list[int] = []
        self.errors: list[Exception] = []
        self.broken = False
        self.ticks = 0
        self.open = threading.Event()
        self.open.set()

    def write(self, items: Sequence[int]) -> int:
        self.open.wait(10)
        if self.broken:
            raise OSError(28, "No space left on device")
        self.items += items[:3]
        return len(items[:3])

    def tick(self) -> None:
        self.ticks += 1

    def failed(self, error: Exception) -> None:
        self.errors.append(error)


def writer(shelf: Shelf, capacity: int = 1000) -> BufferedWriter[int]:
    return BufferedWriter(shelf, name="test", capacity=capacity, interval=0.01)


def wait_for(shelf: Shelf, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(shelf.items) < count and time.monotonic() < deadline:
        time.sleep(0.005)


def test_items_arrive_in_order_without_being_asked_for() -> None:
    shelf = Shelf()
    buffer = writer(shelf)
    for item in range(100):
        buffer.put(item)
    wait_for(shelf, 100)
    assert shelf.items == list(range(100))
    assert buffer.close() == 0
    assert shelf.ticks


def test_closing_writes_what_waits() -> None:
    shelf = Shelf()
    buffer = BufferedWriter(shelf, name="test", capacity=1000, interval=60)
    for item in range(10):
        buffer.put(item)
    assert shelf.items == []
    assert buffer.close() == 0
    assert shelf.items == list(range(10))


def test_what_failed_is_tried_again_and_nothing_comes_twice() -> None:
    shelf = Shelf()
    shelf.broken = True
    buffer = writer(shelf)
    for item in range(10):
        buffer.put(item)
    while not shelf.errors:
        time.sleep(0.005)
    shelf.broken = False
    wait_for(shelf, 10)
    buffer.close()
    assert shelf.items == list(range(10))


def test_what_finds_no_room_is_counted_and_the_caller_does_not_wait() -> None:
    shelf = Shelf()
    shelf.open.clear()
    buffer = writer(shelf, capacity=5)
    for item in range(12):
        buffer.put(item)
    assert len(buffer) == 5
    assert buffer.take_lost() == 7
    assert buffer.take_lost() == 0
    shelf.open.set()
    assert buffer.close() == 0
    assert shelf.items == [0, 1, 2, 3, 4]


def test_closing_a_stalled_writer_ends_and_tells_what_is_left() -> None:
    shelf = Shelf()
    shelf.open.clear()
    buffer = writer(shelf)
    buffer.put(1)
    assert buffer.close(timeout=0.1) == 1
    shelf.open.set()
    wait_for(shelf, 1)


def test_what_comes_after_closing_is_written_at_once() -> None:
    shelf = Shelf()
    buffer = writer(shelf)
    buffer.close()
    buffer.put(7)
    assert shelf.items == [7]
