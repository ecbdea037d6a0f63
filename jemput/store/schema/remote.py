"""What devices are told, and what they say of themselves."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from jemput.store.schema.base import metadata

device_status = Table(
    "device_status",
    metadata,
    Column("group_id", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("heard_ms", BigInteger, nullable=False),
    Column("said", LargeBinary, nullable=False),
    Column("lost_ms", BigInteger, nullable=True),
)
"""The last that a device said of itself (JSON), when, and under which site; and since when it is
lost, by its last will, if it is."""

device_word = Table(
    "device_word",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("group_id", String, nullable=False),
    Column("device", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("made_by", String, nullable=False),
    Column("until_ms", BigInteger, nullable=True),
    Column("stage", Integer, nullable=True),
    Column("said_ms", BigInteger, nullable=True),
)
"""What a device is told: kinds `config`, `command`, `update`, each with numbers that grow.

It waits, `said_ms` NULL, until the ingester said it; of an update, also until its `stage` opens.
"""
Index(
    "device_word_once",
    device_word.c.group_id,
    device_word.c.device,
    device_word.c.kind,
    device_word.c.number,
    unique=True,
)
Index("device_word_waiting", device_word.c.group_id, device_word.c.said_ms, device_word.c.id)

update_piece = Table(
    "update_piece",
    metadata,
    Column("group_id", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("said_ms", BigInteger, nullable=True),
)
"""Files of releases in pieces, by their SHA-256, and when the broker got them."""

rollout = Table(
    "rollout",
    metadata,
    Column("group_id", String, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("version", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("state", String, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("patience_ms", BigInteger, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("made_by", String, nullable=False),
    Column("why", Text, nullable=True),
)
"""A release on its way to devices, a stage after the other: `running`, `done`, or `stopped` why."""
