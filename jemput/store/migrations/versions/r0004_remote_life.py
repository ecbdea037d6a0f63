"""What devices are told, and what they say of themselves."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final[str | None] = "0003"


def upgrade() -> None:
    """Make it."""
    _remote_life()


def downgrade() -> None:
    """Drop it, with what it holds."""
    op.drop_table("rollout")
    op.drop_table("update_piece")
    op.drop_index("device_word_waiting", table_name="device_word")
    op.drop_index("device_word_once", table_name="device_word")
    op.drop_table("device_word")
    op.drop_table("device_status")


def _remote_life() -> None:
    op.create_table(
        "device_status",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("lost_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("group_id", "device"),
    )
    _words()
    op.create_table(
        "update_piece",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("said_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("group_id", "digest", "number"),
    )
    op.create_table(
        "rollout",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("patience_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("group_id", "number"),
    )


def _words() -> None:
    op.create_table(
        "device_word",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("stage", sa.Integer(), nullable=True),
        sa.Column("said_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    once = ["group_id", "device", "kind", "number"]
    op.create_index("device_word_once", "device_word", once, unique=True)
    waiting = ["group_id", "said_ms", "id"]
    op.create_index("device_word_waiting", "device_word", waiting, unique=False)
