"""Units of systemd for a town: what runs always, and what runs every night. Pure text."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jemput.cli.init.mosquitto import CONFIG, PID
from jemput.cli.init.wish import Broker, Wish

HARDENED: Final = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={folder}
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077
"""
"""What a service of ours may not do: it reads everywhere, writes in its folder, and talks."""

_ALWAYS: Final = "Type=exec\nRestart=always\nRestartSec=2\nTimeoutStopSec=60\n"
ALWAYS: Final = ("broker", "ingest", "api")
_NETWORK: Final = "network-online.target time-sync.target"
MOSQUITTO: Final = "/usr/sbin/mosquitto"


@dataclass(frozen=True)
class Unit:
    """One file."""

    name: str
    text: str


def units(wish: Wish, command: Path) -> Iterator[Unit]:
    """Every unit of a town; `command` is where `jemput` is."""
    yield from _brokers(wish, command)
    database = () if wish.is_sqlite else ("postgresql.service",)
    yield _service(
        wish, "ingest", "hears the bins", f"{command} ingest", ("jemput-broker.service", *database)
    )
    yield _service(wish, "api", "the API and its page", f"{command} api", database)
    renew = f"{command} certificate renew --if-due"
    yield _once(wish, "certificate", "renews the certificate when it is due", renew)
    yield _timer("certificate", "looks every day whether the certificate is due", "*-*-* 03:30:00")
    backup = f"{command} backup {wish.backups} --keep {wish.keep}"
    yield _once(wish, "backup", "copies the database", backup)
    yield _timer("backup", "copies the database every night", "*-*-* 02:00:00")


def started(wish: Wish) -> list[str]:
    """What is enabled: the services that run, and the timers that start the others."""
    services = [*_mosquitto(wish), *(f"jemput-{name}.service" for name in ALWAYS)]
    return [*services, "jemput-certificate.timer", "jemput-backup.timer"]


def mosquitto_start(wish: Wish) -> str:
    """How Mosquitto is started."""
    return f"{MOSQUITTO} -c {wish.broker_folder / CONFIG}"


def broker_start(wish: Wish, command: Path) -> str:
    """How our broker is started, or what keeps the accounts of a Mosquitto."""
    if wish.broker is Broker.EMBEDDED:
        return f"{command} broker"
    folder = wish.broker_folder
    return f"{command} broker --mosquitto {folder} --pid-file {folder / PID}"


def _brokers(wish: Wish, command: Path) -> Iterator[Unit]:
    what = "the MQTT broker"
    if wish.broker is Broker.MOSQUITTO:
        what = "the accounts of Mosquitto, and its certificate"
        reload = "ExecReload=/bin/kill -HUP $MAINPID\n"
        yield _service(wish, "mosquitto", "the MQTT broker", mosquitto_start(wish), (), reload)
    yield _service(wish, "broker", what, broker_start(wish, command), _mosquitto(wish))


def _mosquitto(wish: Wish) -> tuple[str, ...]:
    return ("jemput-mosquitto.service",) if wish.broker is Broker.MOSQUITTO else ()


def _service(  # noqa: PLR0913, PLR0917 - the lines of a unit
    wish: Wish, name: str, what: str, start: str, after: tuple[str, ...], more: str = ""
) -> Unit:
    wants = " ".join((_NETWORK, *after))
    text = (
        f"[Unit]\nDescription=Jemput: {what}\nWants={wants}\nAfter={wants}\n"
        f"StartLimitIntervalSec=0\n\n"
        f"[Service]\n{_who(wish)}ExecStart={start}\n{more}{_ALWAYS}\n{_hardened(wish)}\n"
        f"[Install]\nWantedBy=multi-user.target\n"
    )
    return Unit(f"jemput-{name}.service", text)


def _once(wish: Wish, name: str, what: str, start: str) -> Unit:
    text = (
        f"[Unit]\nDescription=Jemput: {what}\n\n"
        f"[Service]\nType=oneshot\n{_who(wish)}ExecStart={start}\n"
        f"Nice=10\n\n{_hardened(wish)}"
    )
    return Unit(f"jemput-{name}.service", text)


def _timer(name: str, what: str, when: str) -> Unit:
    text = (
        f"[Unit]\nDescription=Jemput: {what}\n\n"
        f"[Timer]\nOnCalendar={when}\nRandomizedDelaySec=10min\nPersistent=true\n\n"
        f"[Install]\nWantedBy=timers.target\n"
    )
    return Unit(f"jemput-{name}.timer", text)


def _who(wish: Wish) -> str:
    return (
        f"User={wish.user}\nWorkingDirectory={wish.folder}\n"
        f"Environment=JEMPUT_SETTINGS={wish.settings}\n"
    )


def _hardened(wish: Wish) -> str:
    return HARDENED.format(folder=wish.folder)
