"""The folder that an update is built in: what is in place in it is whole."""

import binascii
import hashlib
import os

CHUNK = 1_024
_PART = "/part"
_FOLDER = 0x4000


class Folder:
    """One of the two slots. Everything raises OSError where the flash is full."""

    def __init__(self, path):
        self._path = path

    def clear(self):
        """Empty, whatever was in it."""
        try:
            _remove(self._path)
        except OSError:
            pass  # it was not there
        os.mkdir(self._path)

    def has(self, path):
        """Whether a file is in place."""
        return _size(self._path + "/" + path) is not None

    def is_whole(self, digest, path):
        """Whether the file in place is the right one; reading it costs time."""
        return _digest(self._path + "/" + path) == digest

    def open(self, path):
        """A file in place, to be read line by line."""
        return open(self._path + "/" + path)

    def have(self, size):
        """How much there is of the next file, in whole chunks."""
        have = _size(self._path + _PART) or 0
        if have > size or (have % CHUNK and have != size):
            os.remove(self._path + _PART)
            return 0
        return have

    def append(self, data):
        """More of the next file; it is on flash when this returns."""
        with open(self._path + _PART, "ab") as file:
            file.write(data)

    def put(self, digest, path):
        """The next file is complete: into place with it; False where it is another."""
        if _digest(self._path + _PART) != digest:
            self.drop()
            return False
        _make_folders(self._path, path)
        os.rename(self._path + _PART, self._path + "/" + path)
        return True

    def drop(self):
        """Begin the next file anew."""
        try:
            os.remove(self._path + _PART)
        except OSError:
            pass

    def copy(self, other, digest, size, path):
        """Take a file that the `other` folder has already; False where it has not."""
        source = other._path + "/" + path  # noqa: SLF001 - of our own kind
        if _size(source) != size or _digest(source) != digest:
            return False
        self.drop()
        with open(source, "rb") as file:
            while True:
                data = file.read(CHUNK)
                if not data:
                    break
                self.append(data)
        if not size:
            self.append(b"")
        return self.put(digest, path)


def _remove(path):
    for name in os.listdir(path):
        inner = path + "/" + name
        if os.stat(inner)[0] & _FOLDER:
            _remove(inner)
        else:
            os.remove(inner)
    os.rmdir(path)


def _make_folders(root, path):
    for part in path.split("/")[:-1]:
        root += "/" + part
        try:
            os.mkdir(root)
        except OSError:
            pass  # it is there, or the rename says so


def _size(path):
    try:
        return os.stat(path)[6]
    except OSError:
        return None


def _digest(path):
    sha = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while True:
                data = file.read(CHUNK)
                if not data:
                    break
                sha.update(data)
    except OSError:
        return None
    return str(binascii.hexlify(sha.digest()), "utf-8")
