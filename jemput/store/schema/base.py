"""The database as a whole."""

from typing import Final

from sqlalchemy import Column, MetaData, String, Table

SCHEMA_REVISION: Final = "0004"
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
