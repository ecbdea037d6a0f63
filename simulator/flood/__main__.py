"""`python -m simulator.flood`: put load on a broker, and say how it took it."""

import argparse
import asyncio
import csv
import json
import ssl
import sys
import time
from pathlib import Path

from simulator.flood.link import MOST_WINDOW, Broker
from simulator.flood.messages import Plan
from simulator.flood.pour import Poured, pour

P50, P99 = 500, 990


def main() -> int:
    """Pour, and print one line. Returns the process's exit code."""
    told = _parser().parse_args()
    boot = told.boot or int(time.time())
    plan = Plan(told.count, told.devices, told.connections, told.site, boot, told.first_seq)
    try:
        poured = asyncio.run(pour(_broker(told), plan, window=told.window, rate=told.rate))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"flood: {error}\n")
        return 2
    if told.times is not None:
        _write_times(told.times, poured)
    report = _report(poured)
    sys.stdout.write(f"{json.dumps(report) if told.json else _in_words(report)}\n")
    return 0


def _report(poured: Poured) -> dict[str, float]:
    return {
        "messages": poured.plan.count,
        "begun_s": round(poured.begun_s, 6),
        "seconds": round(poured.seconds, 3),
        "msgs_per_s": round(poured.msgs_per_s, 1),
        "p50_puback_s": round(poured.puback_s(P50), 4),
        "p99_puback_s": round(poured.puback_s(P99), 4),
    }


def _in_words(report: dict[str, float]) -> str:
    return (
        f"{report['messages']} messages in {report['seconds']} s, {report['msgs_per_s']} a second; "
        f"PUBACK after {report['p50_puback_s']} s (half), {report['p99_puback_s']} s (99 %)"
    )


def _write_times(file: Path, poured: Poured) -> None:
    """A row for each message; times in Unix seconds."""
    with file.open("w", newline="", encoding="utf-8") as lines:
        rows = csv.writer(lines)
        rows.writerow(("device", "seq", "sent_s", "acked_s"))
        for times in poured.times:
            pairs = zip(times.messages, times.sent_s, times.acked_s, strict=True)
            for (device, seq), sent_s, acked_s in pairs:
                rows.writerow((poured.plan.device(device), seq, f"{sent_s:.6f}", f"{acked_s:.6f}"))


def _broker(told: argparse.Namespace) -> Broker:
    tls = ssl.create_default_context(cafile=told.ca) if told.tls or told.ca else None
    return Broker(told.host, told.port, told.username, _password(told.password_file), tls)


def _password(file: Path | None) -> str | None:
    return None if file is None else file.read_text(encoding="utf-8").strip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator.flood",
        description="Publish single readings at QoS 1, as many devices would, on the wire v1.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the broker's host")
    add("--port", type=int, default=1883, help="its port")
    add("--count", type=_at_least_one, default=100_000, help="messages in all")
    add("--devices", type=_at_least_one, default=10_000, help="flood-000000 and so on")
    add("--window", type=_window, default=1000, help="unacknowledged messages a connection")
    add("--rate", type=float, default=0, help="messages a second in all; 0: as many as possible")
    add("--connections", type=_at_least_one, default=1, help="how many share the devices")
    add("--site", default="flood", help="the site in the topics")
    add("--boot", type=int, help="the boot of all devices; by default this second, so all is new")
    add("--first-seq", type=_at_least_one, default=1, help="the first sequence of each device")
    add("--username", help="the account that speaks for all devices")
    add("--password-file", type=Path, help="a file that holds its password")
    add("--tls", action="store_true", help="speak TLS, with the system's certificates")
    add("--ca", type=Path, help="speak TLS with a broker whose certificate this CA signed")
    add("--times", type=Path, help="write when each message was sent and acknowledged, as CSV")
    add("--json", action="store_true", help="print the result as one line of JSON")
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _window(text: str) -> int:
    number = _at_least_one(text)
    if number > MOST_WINDOW:
        raise argparse.ArgumentTypeError(f"at most {MOST_WINDOW}: MQTT has no more packet ids")
    return number


if __name__ == "__main__":
    sys.exit(main())
