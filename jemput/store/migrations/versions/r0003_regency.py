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
    _broker_accounts()
    _revisions_of_things()
    _subscriptions()


def downgrade() -> None:
    """Drop it, with what it holds."""
    op.drop_index("thing_by_revision", table_name="thing")
    op.drop_column("thing", "revision")
    op.execute("DELETE FROM thing WHERE kind = 'retired'")
    op.drop_index("broker_account_by_serial", table_name="broker_account")
    op.drop_table("broker_account")
    op.drop_index("delivery_waiting", table_name="delivery")
    op.drop_index("delivery_once", table_name="delivery")
    op.drop_table("delivery")
    op.drop_table("subscription")
    op.drop_table("incident_move")
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


def _broker_accounts() -> None:
    op.create_table(
        "broker_account",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("nats_hash", sa.Text(), nullable=False),
        sa.Column("mosquitto_hash", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("rotated_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "name"),
    )
    op.create_index("broker_account_by_serial", "broker_account", ["serial"], unique=False)


def _revisions_of_things() -> None:
    revised = sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("thing", revised)
    op.create_index("thing_by_revision", "thing", ["group_id", "revision"], unique=False)


def _subscriptions() -> None:
    op.create_table(
        "incident_move",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("incident", sa.Integer(), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("retired_ms", sa.BigInteger(), nullable=True),
        sa.Column("pickup_move", sa.BigInteger(), nullable=False),
        sa.Column("incident_move", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("subscription", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["subscription"], ["subscription.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("delivery_once", "delivery", ["subscription", "event"], unique=True)
    op.create_index("delivery_waiting", "delivery", ["state", "subscription", "id"], unique=False)
