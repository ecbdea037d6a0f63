"""What was asked under a key of its own, so that asking twice does it once."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Table

from jemput.store.schema.base import metadata

keyed_request = Table(
    "keyed_request",
    metadata,
    Column("hash", String, primary_key=True),
    Column("turn", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("claimed_ms", BigInteger, nullable=False, index=True),
    Column("took_effect", Boolean, nullable=False),
    Column("status", Integer, nullable=True),
    Column("answer", LargeBinary, nullable=True),
)
"""A request by the hash of its key and speaker; its answer is encrypted under that key.

`turn` is of whoever works on it, and changes when another takes it over. Without `status` it
runs still, or whoever ran it is gone. Times are of the wall, in milliseconds.
"""
