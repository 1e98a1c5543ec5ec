"""The tables. The migrations make them; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)


class Moment(TypeDecorator[datetime]):
    """A time with its zone; SQLite has no such type, so that it is written there as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """To the database; a time without zone is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (likewise)
        """From the database, always in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


issued_cards = Table(
    "issued_cards",
    metadata,
    Column("uuid", Text, primary_key=True),
    Column("card", Text, nullable=False),
    Column("knowledge", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("issued_at", Moment, nullable=False, index=True),
    Column("suggestions", JSON, nullable=False),
)

# `card` refers to issued_cards.uuid only when reading: feedback may come before its card's record, or for a card of
# someone else. `digest` is over the content, so that an item sent twice is stored once.
feedback = Table(
    "feedback",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True, index=True),
    Column("card", Text, nullable=False, index=True),
    Column("service", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("outcome_at", Moment, nullable=False),
    Column("accepted", JSON, nullable=False),
    Column("reason_code", Text),
    Column("reason_system", Text),
    Column("comment", Text),
    Column("received_at", Moment, nullable=False, index=True),
)

# A digest of issuer and jti: both are the caller's, and may be of any length and hold any character.
used_tokens = Table(
    "used_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("expires", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

switches = Table(
    "switches",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("off_since", Moment, nullable=False),
    Column("switched_by", Text, nullable=False),
)

# One row, made by the migration.
generation = Table("generation", metadata, Column("value", BigInteger, nullable=False))

audit_chains = Table(
    "audit_chains",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("process", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("first_index", BigInteger, nullable=False),
    Column("first_hash", Text, nullable=False),
    Column("last_index", BigInteger, nullable=False),
    Column("last_hash", Text, nullable=False),
    Column("closed_at", Moment),
)
