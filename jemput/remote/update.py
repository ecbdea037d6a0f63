"""A release of the firmware as devices fetch it: pieces of files, their list, a manifest for each.

The pieces are everybody's and named by their hash. The manifest is one device's, under its own
key, which comes from the town's key and the device's name: only devices and whoever publishes
have keys; the database, the broker and the ingester never see any.
"""

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import Struct

CHUNK_BYTES: Final = 1_024
MAX_FILES: Final = 96
MAX_FILE_BYTES: Final = 65_536
MAX_ALL_BYTES: Final = 524_288
MAX_LIST_BYTES: Final = 8_192
MAX_VERSION: Final = 32
KEY_BYTES: Final = 32
_PATH: Final = re.compile(r"firmware/[a-z0-9_-]+(/[a-z0-9_-]+)*\.(py|mpy)")
_MAX_PATH: Final = 64


class ReleaseError(ValueError):
    """No device would take it; the message says why."""


class Release(Struct, frozen=True):
    """`version` is what people call it, `listed` its list of files, `pieces` by hash all of it."""

    version: str
    listed: bytes
    pieces: dict[str, bytes]

    @property
    def digest(self) -> str:
        """The SHA-256 of the list, and so of all."""
        return sha256(self.listed).hexdigest()


def release(version: str, files: Mapping[str, bytes]) -> Release:
    """A release of files by path, such as `firmware/wake.mpy`. Raises `ReleaseError`."""
    lines, pieces = [], {}
    for path, content in sorted(files.items()):
        if not _PATH.fullmatch(path) or len(path) > _MAX_PATH:
            raise ReleaseError(f"{path} is no path that a device takes: firmware/NAME.mpy")
        if len(content) > MAX_FILE_BYTES:
            raise ReleaseError(f"{path} has {len(content)} bytes; a device takes {MAX_FILE_BYTES}")
        digest = sha256(content).hexdigest()
        pieces[digest] = content
        lines.append(f"{digest} {len(content)} {path}\n")
    listed = "".join(lines).encode()
    total = sum(map(len, pieces.values()))
    if not files or len(files) > MAX_FILES or len(listed) > MAX_LIST_BYTES:
        raise ReleaseError(f"{len(files)} files; a device takes 1 to {MAX_FILES}")
    if total > MAX_ALL_BYTES:
        raise ReleaseError(f"{total} bytes; a device takes {MAX_ALL_BYTES}")
    if not version or len(version) > MAX_VERSION or not version.isascii():
        raise ReleaseError(f"{version!r} is no version: at most {MAX_VERSION} letters")
    made = Release(version, listed, pieces)
    return Release(version, listed, {**pieces, made.digest: listed})


def chunks(content: bytes) -> list[bytes]:
    """A file in pieces, each but the last of `CHUNK_BYTES`."""
    return [content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES)]


def device_key(town_key: bytes, device: str) -> bytes:
    """The device's own key; whoever has it knows no other's."""
    return hmac.digest(town_key, f"jemput/device-key/1\n{device}\n".encode(), "sha256")


def manifest(made: Release, number: int, device: str, key: bytes) -> bytes:
    """What a device is told of release `number`, under its own key."""
    size = len(made.listed)
    signed = f"jemput/update/1\n{device}\n{number}\n{made.version}\n{made.digest}\n{size}\n"
    told = {
        "v": 1,
        "release": number,
        "version": made.version,
        "list": made.digest,
        "size": size,
        "mac": hmac.digest(key, signed.encode(), "sha256").hex(),
    }
    return msgspec.json.encode(told)
