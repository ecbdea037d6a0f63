"""What an update says of itself, and whether whoever says so has this device's own key. Pure."""

import binascii
import hashlib
import json

_BLOCK = 64
_HASH_DIGITS = 64
_LARGEST_RELEASE = 0x7FFFFFFF
_LARGEST_LIST = 8_192
_LONGEST_VERSION = 32
_MOST_FILES = 96
_LARGEST_FILE = 65_536
_LARGEST_ALL = 524_288
_LONGEST_PATH = 64
_PATH_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-./"
_DIGITS = "0123456789abcdef"
_ROOT = "firmware/"


class BadUpdate(Exception):  # noqa: N818 - that is what came
    """It is not taken; `word` says why in the status."""

    def __init__(self, word):
        super().__init__(word)
        self.word = word


class Manifest:
    """`list` is the SHA-256 of the list of files, which is fetched as a file is."""

    def __init__(self, release, version, listed, size):
        self.release = release
        self.version = version
        self.list = listed
        self.size = size


def release_of(data):
    """The number of a release, 0 where it cannot be read; nothing is believed yet."""
    try:
        release = json.loads(data)["release"]
    except (ValueError, KeyError, TypeError):
        return 0
    is_one = type(release) is int and 0 < release <= _LARGEST_RELEASE
    return release if is_one else 0


def read(data, key, device):
    """The manifest, if whoever wrote it has `key`. Raises BadUpdate."""
    release = release_of(data)
    if not release:
        raise BadUpdate("unreadable")
    if not key:
        raise BadUpdate("no-key")
    told = json.loads(data)
    version, listed, size, mac = [told.get(name) for name in ("version", "list", "size", "mac")]
    if type(size) is not int or not _is_hash(listed) or not _is_hash(mac):
        raise BadUpdate("unreadable")
    text = signed_text(device, release, version, listed, size)
    if not _same(binascii.hexlify(hmac_sha256(key, text)), mac.encode()):
        raise BadUpdate("bad-mac")
    if not 0 < size <= _LARGEST_LIST:
        raise BadUpdate("too-large")
    return Manifest(release, version, listed, size)


def signed_text(device, release, version, listed, size):
    """What the MAC is over: the device too, so that nobody's manifest is another's."""
    return (
        "jemput/update/1\n%s\n%d\n%s\n%s\n%d\n" % (device, release, version, listed, size)
    ).encode()


def hmac_sha256(key, message):
    """RFC 2104; MicroPython has SHA-256 but no hmac."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    key += bytes(_BLOCK - len(key))
    inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in key]))
    inner.update(message)
    outer = hashlib.sha256(bytes([byte ^ 0x5C for byte in key]))
    outer.update(inner.digest())
    return outer.digest()


def files(lines):
    """(hash, size, path) of each line, one after the other. Raises BadUpdate.

    What is authentic is not yet sane. One at a time: all of them at once fill a small heap.
    """
    count = total = 0
    for line in lines:
        parts = line.strip().split(" ")
        if len(parts) != 3 or not _is_hash(parts[0]) or not parts[1].isdigit():  # noqa: PLR2004
            raise BadUpdate("bad-list")
        size, path = int(parts[1]), parts[2]
        if not _is_path(path):
            raise BadUpdate("bad-list")
        total += size
        count += 1
        if size > _LARGEST_FILE or total > _LARGEST_ALL or count > _MOST_FILES:
            raise BadUpdate("too-large")
        yield parts[0], size, path
    if not count:
        raise BadUpdate("bad-list")


def _is_hash(text):
    if not isinstance(text, str) or len(text) != _HASH_DIGITS:
        return False
    return all(letter in _DIGITS for letter in text)


def _is_path(path):
    if not path.startswith(_ROOT) or len(path) > _LONGEST_PATH or ".." in path or "//" in path:
        return False
    return not path.endswith("/") and all(letter in _PATH_LETTERS for letter in path)


def _same(one, another):
    """As long for wrong as for right."""
    if len(one) != len(another):
        return False
    different = 0
    for place in range(len(one)):
        different |= one[place] ^ another[place]
    return different == 0
