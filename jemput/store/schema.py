"""The tables of the operational database. Times are Unix milliseconds of the run's clock."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

SCHEMA_REVISION: Final = "0002"
"""The newest in `migrations/versions`, which these tables are the outcome of."""

metadata = MetaData()

revision = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), primary_key=True),
)
"""Which revision the tables are of. alembic's own, and so none of `metadata`."""

about = Table(
    "about",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""What is said of the database as a whole."""

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

bin_state = Table(
    "bin_state",
    metadata,
    Column("bin", String, primary_key=True),
    Column("group_id", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("level_percent", Integer, nullable=True),
    Column("at_s", BigInteger, nullable=True),
    Column("silent", Boolean, nullable=False),
    Column("emptied_at_s", BigInteger, nullable=True),
    Column("battery_mv", Integer, nullable=True),
)
"""What the API lists of a bin's state: written with the checkpoint, at its position."""

thing = Table(
    "thing",
    metadata,
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("group_id", String, nullable=False),
    Column("blob", LargeBinary, nullable=False),
)
"""The registry as it is now: kinds site, halte, zone, bin, collector, device, policy."""

history = Table(
    "history",
    metadata,
    Column("bin", String, primary_key=True),
    Column("time_ns", BigInteger, primary_key=True),
    Column("device", String, primary_key=True),
    Column("fill_percent", Integer, nullable=True),
    Column("level_percent", Integer, nullable=True),
    Column("distance_mm", Integer, nullable=True),
    Column("quality", String, nullable=False),
    Column("battery_mv", Integer, nullable=True),
    Column("temperature_c", Integer, nullable=True),
    Column("rssi_dbm", Integer, nullable=True),
    sqlite_with_rowid=False,
)
"""The embedded time series, when there is no InfluxDB."""

account = Table(
    "account",
    metadata,
    Column("name", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("sites", Text, nullable=False),
    Column("password_hash", Text, nullable=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("retired_ms", BigInteger, nullable=True),
)
"""Who may use the API. `sites` is a JSON list, empty for all; without a hash only keys open it."""

credential = Table(
    "credential",
    metadata,
    Column("hash", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("id", String, nullable=False, unique=True),
    Column("account", String, ForeignKey("account.name"), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=True),
    Column("revoked_ms", BigInteger, nullable=True),
)
"""API keys and sessions, kinds `key` and `session`: SHA-256 of random tokens shown once."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("who", String, nullable=False),
    Column("what", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("thing", String, nullable=False),
    Column("before", Text, nullable=True),
    Column("after", Text, nullable=True),
)
"""Every change: who, what, to which thing, and the thing before and after as JSON."""
Index("audit_by_thing", audit.c.kind, audit.c.thing)
