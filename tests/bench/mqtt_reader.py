"""What hearing costs: 5,000 PUBLISH packets as the network hands them over, and their PUBACKs."""

import sys
from pathlib import Path
from struct import pack
from time import perf_counter
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingest.mqtt.decoder import Decoder
from ingest.mqtt.packets import pubacks

if TYPE_CHECKING:
    from ingest.hearing import Heard

MESSAGES = 5_000
ROUNDS = 40
GENERATION = 1
SOCKET_READS = (262_144, 65_536, 4_096)
PAYLOAD = (
    b'{"v":1,"readings":[{"boot":32768,"seq":%d,"at":1764000000,"clock":"ntp",'
    b'"quality":"ok","distance_mm":812,"echoes":5,"spread_mm":3}],"kept":[]}'
)


def publish(number: int) -> bytes:
    """A reading as a device sends it, about 190 bytes."""
    topic = b"jemput/v1/lubuk-pakam/device-%05d/reading" % number
    body = pack(">H", len(topic)) + topic + pack(">H", number + 1) + PAYLOAD % number
    return b"\x32" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body


def hear(reads: list[bytes]) -> tuple[float, float]:
    """Seconds for decoding and for acknowledging all of it."""
    decoder = Decoder(GENERATION, 1024 * 1024)
    batches: list[list[Heard]] = []
    begin = perf_counter()
    for data in reads:
        batch: list[Heard] = []
        decoder.feed(data, batch)
        batches.append(batch)
    middle = perf_counter()
    written = sum(len(pubacks([one.receipt for one in batch], GENERATION)) for batch in batches)
    end = perf_counter()
    if written != 4 * MESSAGES:
        raise RuntimeError("not everything was heard")
    return middle - begin, end - middle


def main() -> None:
    """Print the best of some rounds, for reads as large as asyncio makes them and smaller."""
    stream = b"".join(publish(number) for number in range(MESSAGES))
    for size in SOCKET_READS:
        reads = [stream[start : start + size] for start in range(0, len(stream), size)]
        rounds = [hear(reads) for _ in range(ROUNDS)]
        decode_us, ack_us = (min(best) / MESSAGES * 1e6 for best in zip(*rounds, strict=True))
        line = f"decode {decode_us:.2f}, acknowledge {ack_us:.2f} µs a message"
        sys.stdout.write(f"reads of {size:6} bytes: {line}\n")


if __name__ == "__main__":
    main()
