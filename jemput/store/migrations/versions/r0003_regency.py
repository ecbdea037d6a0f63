"""What a regency needs to run by itself; and alerts of a pickup found without reading all."""

from typing import Final

from alembic import op

revision: Final = "0003"
down_revision: Final[str | None] = "0002"


def upgrade() -> None:
    """Make it."""
    op.create_index("outbox_by_pickup", "outbox", ["pickup"], unique=False)


def downgrade() -> None:
    """Drop it, with what it holds."""
    op.drop_index("outbox_by_pickup", table_name="outbox")
