"""Other systems that want to hear of events, and what they were sent."""

from sqlalchemy import (
    BigInteger,
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

subscription = Table(
    "subscription",
    metadata,
    Column("id", String, primary_key=True),
    Column("group_id", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("sites", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("created_by", String, nullable=False),
    Column("retired_ms", BigInteger, nullable=True),
    Column("pickup_move", BigInteger, nullable=False),
    Column("incident_move", BigInteger, nullable=False),
)
"""Who is told what, and the moves up to which their letters are written.

`events` and `sites` are JSON lists, empty for all. The secret signs, so it is kept as it is; old
ones that still sign stand behind it, each `secret@until_ms`.
"""

delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("subscription", String, ForeignKey("subscription.id"), nullable=False),
    Column("event", String, nullable=False),
    Column("type", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("done_ms", BigInteger, nullable=True),
    Column("error", Text, nullable=True),
)
Index("delivery_once", delivery.c.subscription, delivery.c.event, unique=True)
Index("delivery_waiting", delivery.c.state, delivery.c.subscription, delivery.c.id)
