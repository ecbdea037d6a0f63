"""Pickups, who is told of them, and what is wrong."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from jemput.store.schema.base import metadata

pickup = Table(
    "pickup",
    metadata,
    Column("id", String, primary_key=True),
    Column("group_id", String, nullable=False),
    Column("bin", String, nullable=False),
    Column("site", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("collector", String, nullable=True),
    Column("opened_ms", BigInteger, nullable=False),
    Column("moved_ms", BigInteger, nullable=False),
    Column("flag", String, nullable=True),
    Column("note", Text, nullable=True),
    Column("position", BigInteger, nullable=True),
    Column("is_open", Boolean, nullable=False),
    Column("why", LargeBinary, nullable=False),
)
one_open_pickup = Index(
    "one_open_pickup_per_bin",
    pickup.c.bin,
    unique=True,
    sqlite_where=pickup.c.is_open,
    postgresql_where=pickup.c.is_open,
)
Index("pickup_by_state", pickup.c.is_open, pickup.c.opened_ms)

pickup_move = Table(
    "pickup_move",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("pickup", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("by", String, nullable=False),
    Column("note", Text, nullable=True),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("group_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("pickup", String, nullable=True),
    Column("due_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("sent_ms", BigInteger, nullable=True),
    Column("error", Text, nullable=True),
    Column("blob", LargeBinary, nullable=False),
)
Index("outbox_once", outbox.c.key, outbox.c.channel, unique=True)
Index("outbox_waiting", outbox.c.group_id, outbox.c.state, outbox.c.due_ms)
Index("outbox_by_pickup", outbox.c.pickup)

incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("group_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("site", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger, nullable=True),
)

incident_move = Table(
    "incident_move",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("incident", Integer, ForeignKey("incident.id"), nullable=False),
    Column("is_over", Boolean, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
"""That an incident opened, or is over: in order, as `pickup_move` for pickups."""
