"""The configuration of a Mosquitto that keeps what it acknowledged, as far as it can."""

from typing import Final

from jemput.broker.account import ingest_user
from jemput.broker.files import put
from jemput.broker.mosquitto import ACL, PASSWORDS, MosquittoAccounts
from jemput.cli.init.wish import EVERYWHERE, Wish

CONFIG: Final = "mosquitto.conf"
PID: Final = "mosquitto.pid"
LOSSLESS: Final = """\
persistence true
autosave_on_changes true
autosave_interval 1
max_inflight_messages 0
max_queued_messages 0
"""
"""By default it drops the 1001st message for who is away, and loses all of them when killed."""
_LARGEST_BYTES: Final = 1_048_576


def write_mosquitto(wish: Wish, ingest_password: str) -> None:
    """Configuration, and the ingester as the one who may speak."""
    folder = wish.broker_folder
    put(folder / CONFIG, _config(wish).encode(), 0o600)
    MosquittoAccounts(folder, folder / PID).put([ingest_user(ingest_password).account()])


def _config(wish: Wish) -> str:
    folder, server = wish.broker_folder, wish.certificates.server
    return (
        "# SIGHUP makes Mosquitto read users, rights and certificate anew, and nothing else.\n"
        f"listener {wish.mqtt_port} {EVERYWHERE}\n"
        f"certfile {server}\nkeyfile {server}\ntls_version tlsv1.2\n"
        f"allow_anonymous false\n"
        f"password_file {folder / PASSWORDS}\nacl_file {folder / ACL}\n"
        f"user {wish.user}\npid_file {folder / PID}\n"
        f"persistence_location {folder}/\n{LOSSLESS}"
        f"message_size_limit {_LARGEST_BYTES}\n"
        "log_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\n"
    )
