"""Who may do what, and who changed what."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from jemput.store.schema.base import metadata

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
