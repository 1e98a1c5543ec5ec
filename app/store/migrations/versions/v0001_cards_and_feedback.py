"""Issued cards and what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "issued_cards",
        sa.Column("uuid", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("knowledge", sa.Text, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suggestions", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("uuid"),
    )
    op.create_index("ix_issued_cards_issued_at", "issued_cards", ["issued_at"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.JSON, nullable=False),
        sa.Column("reason_code", sa.Text),
        sa.Column("reason_system", sa.Text),
        sa.Column("comment", sa.Text),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_feedback_digest", "feedback", ["digest"], unique=True)
    op.create_index("ix_feedback_card", "feedback", ["card"])
    op.create_index("ix_feedback_received_at", "feedback", ["received_at"])


def downgrade() -> None:
    """Back."""
    op.drop_table("feedback")
    op.drop_table("issued_cards")
