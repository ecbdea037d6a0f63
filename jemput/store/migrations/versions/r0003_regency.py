"""What a regency needs to run by itself; and alerts of a pickup found without reading all."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final[str | None] = "0002"


def upgrade() -> None:
    """Make it."""
    op.create_index("outbox_by_pickup", "outbox", ["pickup"], unique=False)
    _keyed_requests()


def downgrade() -> None:
    """Drop it, with what it holds."""
    op.drop_index("ix_keyed_request_claimed_ms", table_name="keyed_request")
    op.drop_table("keyed_request")
    op.drop_index("outbox_by_pickup", table_name="outbox")


def _keyed_requests() -> None:
    op.create_table(
        "keyed_request",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("claimed_ms", sa.BigInteger(), nullable=False),
        sa.Column("took_effect", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_keyed_request_claimed_ms", "keyed_request", ["claimed_ms"], unique=False)
