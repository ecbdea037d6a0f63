"""What was heard, and what was made of it so far."""

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
    text,
)

from jemput.store.schema.base import metadata

journal_group = Table(
    "journal_group",
    metadata,
    Column("id", String, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("head", BigInteger, nullable=False),
)
"""One row per group: whoever changes anything of the group locks it first."""

journal = Table(
    "journal",
    metadata,
    Column("group_id", String, ForeignKey("journal_group.id"), primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("now_ms", BigInteger, nullable=False),
    Column("fold_version", Integer, nullable=False),
    Column("readings", Integer, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Column("blob", LargeBinary, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("group_id", String, nullable=False),
    Column("blob", LargeBinary, nullable=False),
    Column("position", BigInteger, nullable=True),
)
"""What others say. It waits, `position` NULL, until the writer drains it into its next entry."""
Index("inbox_waiting", inbox.c.group_id, inbox.c.id, sqlite_where=text("position IS NULL"))

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("group_id", String, primary_key=True),
    Column("part", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("blob", LargeBinary, nullable=False),
)
"""The state at one position, written behind: part `group`, `registry`, `device` or `bin`."""

snapshot = Table(
    "snapshot",
    metadata,
    Column("group_id", String, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("now_ms", BigInteger, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Column("blob", LargeBinary, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("group_id", String, primary_key=True),
    Column("sink", String, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("group_id", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("device", String, nullable=True),
    Column("payload", LargeBinary, nullable=False),
    Column("readmitted_ms", BigInteger, nullable=True),
)
