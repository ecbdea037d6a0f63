"""A small town in which everything happened once, so that every table holds something."""

from typing import Final

from sqlalchemy import Engine

from ingest.writer import Batch, Writer
from jemput.entry import Link
from jemput.fold.admission import Heard, Poison
from jemput.hashes import Hashes
from jemput.remote import update
from jemput.remote.rollout import Stages
from jemput.remote.status import Status
from jemput.roles import Role, User
from jemput.store.accounts import Accounts
from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.credentials import Credentials
from jemput.store.history import EmbeddedHistory
from jemput.store.keyed import KeyedRequests
from jemput.store.pickups import Pickups
from jemput.store.registry import RegistryStore
from jemput.store.rollouts import Rollouts
from jemput.store.sealing import Seal
from jemput.store.statuses import Saying, Statuses
from jemput.store.subscriptions import Subscriptions, Wanted
from jemput.store.words import Words
from tests.builders import CADENCE_S, HOUR_S, START_S, by_hand, message, town

GROUP: Final = "main"
BINS: Final = ("b1", "b2", "b3")
NOW_MS: Final = START_S * 1000


def fill_town(engine: Engine) -> Writer:
    """Readings, pickups, acts, alerts, incidents, poison, accounts; the writer that did it."""
    writer = Writer(engine, GROUP)
    writer.take_over()
    RegistryStore(engine, GROUP).change(town(BINS), by="test", now_ms=NOW_MS)
    writer.commit(Batch(events=(Link(up=True),)), NOW_MS)
    history = EmbeddedHistory(engine, GROUP)
    for seq in range(1, 6):
        at_s = START_S + seq * CADENCE_S
        heard = [Heard(f"d-{one}", message(seq=seq, at_s=at_s, fill=91)) for one in BINS[:2]]
        history.write([writer.commit(Batch(heard=heard), at_s * 1000)])
    _people(engine)
    subscriptions = Subscriptions(engine, GROUP)
    told = subscriptions.create(Wanted("https://dlh.example/hook"), "siti", NOW_MS)[0]
    subscriptions.test(told.id, "siti", NOW_MS)
    _remote(engine)
    KeyedRequests(engine).claim(Seal("8e03978e-40d5-43e8", "siti"), b"POST /v1/x", NOW_MS)
    poison = [Poison("jemput/v1/x", b"\x00\xff", "not_utf8", "it\tis\n\\N not\\", "d-b1")]
    late_ms = NOW_MS + 48 * HOUR_S * 1000
    writer.commit(Batch(poison=poison), late_ms)
    writer.commit(Batch(), late_ms + HOUR_S * 1000)
    writer.save_checkpoint()
    writer.checkpoints.save_snapshot(writer.fold.state)
    Pickups(engine, GROUP).open_by_hand(by_hand("b3").pickup, "coblong", "dispatcher")
    return writer


def _people(engine: Engine) -> None:
    pickups = Pickups(engine, GROUP)
    opened = pickups.list(only_open=True)[0]
    pickups.act("accept", opened.id, "asep", NOW_MS + HOUR_S * 1000, "di jalan")
    accounts = Accounts(engine)
    accounts.put(User("siti", Role.AUDITOR, ("coblong",)), by="cli", now_ms=NOW_MS)
    Credentials(engine).make_key("siti", "spreadsheet", 30, by="cli", now_ms=NOW_MS)
    hashes = {"d-b1": Hashes("$2b$04$x", "$7$101$x$y")}
    BrokerAccountStore(engine).provision(GROUP, hashes, by="cli", now_ms=NOW_MS)


def _remote(engine: Engine) -> None:
    registry = RegistryStore(engine, GROUP)
    said = Status(1, "asleep", firmware="0.1.0", release=1)
    Statuses(engine, GROUP).note([Saying("coblong", "d-b1", NOW_MS, said)])
    Words(registry).configure(["d-b1"], ["pings=7"], by="cli", now_ms=NOW_MS)
    made = update.release("0.2.0", {"firmware/version.py": b"VERSION = 2"})
    stages = Stages([["d-b1"]], [])
    Rollouts(registry).publish(
        made, {"d-b1": b"key"}, stages, patience_s=60, by="cli", now_ms=NOW_MS
    )


def write_one(writer: Writer) -> None:
    """Commit a reading that was not heard before."""
    seq = writer.fold.state.position + 100
    now_ms = writer.fold.state.now_ms + CADENCE_S * 1000
    heard = Heard("d-b1", message(seq=seq, at_s=now_ms // 1000, fill=40))
    writer.commit(Batch(heard=[heard]), now_ms)
