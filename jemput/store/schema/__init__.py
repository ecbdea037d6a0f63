"""The tables of the operational database. Times are Unix milliseconds of the run's clock."""

from jemput.store.schema.base import SCHEMA_REVISION, about, metadata, revision
from jemput.store.schema.broker import broker_account
from jemput.store.schema.journal import (
    checkpoint,
    cursor,
    inbox,
    journal,
    journal_group,
    quarantine,
    snapshot,
)
from jemput.store.schema.people import account, audit, credential
from jemput.store.schema.pickups import (
    incident,
    incident_move,
    one_open_pickup,
    outbox,
    pickup,
    pickup_move,
)
from jemput.store.schema.remote import device_status, device_word, rollout, update_piece
from jemput.store.schema.requests import keyed_request
from jemput.store.schema.subscriptions import delivery, subscription
from jemput.store.schema.town import bin_state, history, thing

__all__ = [
    "SCHEMA_REVISION",
    "about",
    "account",
    "audit",
    "bin_state",
    "broker_account",
    "checkpoint",
    "credential",
    "cursor",
    "delivery",
    "device_status",
    "device_word",
    "history",
    "inbox",
    "incident",
    "incident_move",
    "journal",
    "journal_group",
    "keyed_request",
    "metadata",
    "one_open_pickup",
    "outbox",
    "pickup",
    "pickup_move",
    "quarantine",
    "revision",
    "rollout",
    "snapshot",
    "subscription",
    "thing",
    "update_piece",
]
