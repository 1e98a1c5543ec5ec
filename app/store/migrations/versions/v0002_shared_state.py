"""What workers and instances share: used tokens, switches, the generation of knowledge and clients, audit chains."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "used_tokens",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_used_tokens_expires", "used_tokens", ["expires"])
    op.create_table(
        "switches",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("off_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("switched_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "name"),
    )
    generation = op.create_table("generation", sa.Column("value", sa.BigInteger, nullable=False))
    op.bulk_insert(generation, [{"value": 0}])
    op.create_table(
        "audit_chains",
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_index", sa.BigInteger, nullable=False),
        sa.Column("first_hash", sa.Text, nullable=False),
        sa.Column("last_index", sa.BigInteger, nullable=False),
        sa.Column("last_hash", sa.Text, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("chain"),
    )


def downgrade() -> None:
    """Back."""
    for table in ("audit_chains", "generation", "switches", "used_tokens"):
        op.drop_table(table)
