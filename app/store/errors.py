"""What can go wrong with the store."""

from __future__ import annotations

from app.errors import LegworkError, Unavailable

RETRY_AFTER_SECONDS = 2


class StoreUnavailable(Unavailable):
    """The database is away, full, or locked for longer than a call can wait."""

    def __init__(self) -> None:
        super().__init__(
            "the database is away or busy; nothing was stored, try again",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )

    @property
    def reason(self) -> str:
        """What kind of failure it was, for the log: no values, no addresses."""
        return name_of(self)


class UnusableDatabase(LegworkError):
    """The address or the schema of the database is not one that this version can work with."""


def name_of(error: BaseException) -> str:
    """The name of the driver's own error, from under those that were raised from it.

    Causes can go in a circle: a transaction that ran out of time is cancelled, and is then its own cause.
    """
    seen: set[int] = set()
    while error.__cause__ is not None and id(error) not in seen:
        seen.add(id(error))
        error = error.__cause__
    name: str = getattr(error, "sqlite_errorname", type(error).__name__)
    return name
