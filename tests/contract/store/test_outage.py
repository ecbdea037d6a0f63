"""PostgreSQL is killed under the writer, and comes again."""

import pytest
from sqlalchemy.exc import SQLAlchemyError

from ingest.writer import Batch
from jemput.fold.admission import Heard
from jemput.fold.state import dump
from jemput.store.database import create_tables, open_database
from jemput.store.journal import Journal
from tests.builders import CADENCE_S, message
from tests.contract.store.busy_town import GROUP, fill_town
from tests.databases import running_postgresql


def test_what_came_while_the_server_was_gone_is_new_when_it_comes_again() -> None:
    with running_postgresql() as server:
        engine = open_database(server.url(server.make_schema()))
        create_tables(engine)
        writer = fill_town(engine)
        before = dump(writer.fold.state)
        now_ms = writer.fold.state.now_ms + CADENCE_S * 1000
        batch = Batch(heard=[Heard("d-b1", message(seq=50, at_s=now_ms // 1000, fill=40))])

        server.kill()
        with pytest.raises(SQLAlchemyError):
            writer.commit(batch, now_ms)
        with pytest.raises(SQLAlchemyError):
            writer.commit(batch, now_ms)
        server.start()

        entry = writer.commit(batch, now_ms)
        assert len(entry.intake.readings) == 1
        assert writer.commit(batch, now_ms).intake.duplicates == 1
        assert Journal(engine, GROUP).head() == entry.position + 1
        assert dump(writer.fold.state) != before

        server.kill()
        server.start()
        assert writer.commit(Batch(), now_ms + 1).position == entry.position + 2
        engine.dispose()
