"""The town: its things, and how full its bins are and were."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from jemput.store.schema.base import metadata

thing = Table(
    "thing",
    metadata,
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("group_id", String, nullable=False),
    Column("blob", LargeBinary, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default="0"),
)
"""The registry as it is now: kinds site, halte, zone, bin, collector, device, policy, retired.

`revision` is raised by each change of a group, so that only what changed is read again.
"""
Index("thing_by_revision", thing.c.group_id, thing.c.revision)

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
