"""Who may speak to the MQTT broker."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from jemput.store.schema.base import metadata

broker_account = Table(
    "broker_account",
    metadata,
    Column("kind", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("group_id", String, nullable=False),
    Column("site", String, nullable=False),
    Column("nats_hash", Text, nullable=False),
    Column("mosquitto_hash", Text, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("rotated_ms", BigInteger, nullable=True),
    Column("revoked_ms", BigInteger, nullable=True),
)
"""Devices and collectors' apps, kinds `device` and `collector`, and `claim`, with which a device
asks for its account: hashes of one password for either broker. `site` is the level a device
speaks on, `+` for any. Every change takes a higher `serial`.
"""
Index("broker_account_by_serial", broker_account.c.serial)
