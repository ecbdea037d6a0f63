"""What alembic runs for every command: the revisions, on the connection that it is given."""

from alembic import context

from jemput.store.schema import metadata


def run() -> None:
    """Run the revisions that were asked for; the transaction is the caller's.

    Batches: SQLite alters few things of a table, so alembic makes it anew and copies its rows.
    """
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()


if __name__ == "env_py":  # as alembic calls this file; importing it does nothing
    run()
