"""Building an update over as many wakes as it takes, from what is here and what the broker has."""

from firmware import start
from firmware.budget import OutOfTime
from firmware.update.folder import CHUNK, Folder
from firmware.update.manifest import BadUpdate, files, read

_FILE = "update"  # which release the folder is of; written once the folder is empty
_LIST = "list"
_SPARE_BYTES = 65_536  # for readings, which come first
_TRIES = 3


class Building:
    """`fetch(digest, number)` gives a chunk or None; `said` is (release, word, files left)."""

    def __init__(self, flash, root, free_bytes, notes):
        self._flash = flash
        self._root = root
        self._free_bytes = free_bytes
        self._notes = notes
        self.state = start.read(root)
        self._folder = Folder(root + "/" + start.other(self.state["active"]))
        self._active = Folder(root + "/" + self.state["active"])
        self.said = None
        self.is_whole = False
        self.release = 0

    def run(self, data, key, device, fetch):
        """Go on with what `data`, the manifest, asks for; raises nothing but Broken, OutOfTime."""
        try:
            manifest = read(data, key, device)
            self.release = manifest.release
            self._check_new(manifest.release)
            self._begin(manifest)
            left = self._build(manifest, fetch)
        except BadUpdate as error:
            self._refuse(error.word)
        except OSError:
            self.said = (self.release, "no-room", 0)
        except MemoryError:
            self._refuse("no-memory")
        else:
            self.is_whole = left == 0
            self.said = (self.release, "fetching" if left else "trial", left)

    def switch(self):
        """The next start is of what was built, on trial. Raises OSError."""
        state = self.state
        state["active"] = start.other(state["active"])
        state["trial"] = self.release
        start.write(self._root, state)

    def _check_new(self, release):
        if release == self.state["bad"]:
            raise BadUpdate("rolled-back")
        if release <= max(self.state["release"], self.state["bad"]):
            raise BadUpdate("old")

    def _begin(self, manifest):
        """The folder is this release's, or it is emptied first."""
        mark = ("%d %s" % (manifest.release, manifest.list)).encode()
        if self._flash.read(_FILE) == mark:
            return
        self._flash.remove(_FILE)
        self._folder.clear()
        self._flash.write(_FILE, mark)
        self._notes["update_tries"] = 0

    def _build(self, manifest, fetch):
        """How many files are left; a wake that is over leaves off between two chunks."""
        if not self._folder.has(_LIST) and not self._get(
            manifest.list, manifest.size, _LIST, fetch
        ):
            return 1
        left = self._check_room()
        with self._folder.open(_LIST) as lines:
            for digest, size, path in files(lines):
                if self._folder.has(path):
                    continue
                if not self._found(digest, size, path, fetch):
                    return left
                left -= 1
        self._check_whole()
        return 0

    def _check_room(self):
        """How many files are missing, all of which fit. It also sees all of the list before any."""
        need = left = 0
        with self._folder.open(_LIST) as lines:
            for _, size, path in files(lines):
                if not self._folder.has(path):
                    left += 1
                    need += size + CHUNK
        if left and self._free_bytes() < need + _SPARE_BYTES:
            raise BadUpdate("no-room")
        return left

    def _check_whole(self):
        with self._folder.open(_LIST) as lines:
            for digest, _, path in files(lines):
                if not self._folder.is_whole(digest, path):
                    self._flash.remove(_FILE)  # all anew
                    raise BadUpdate("bad-hash")

    def _found(self, digest, size, path, fetch):
        """A file that the running release has is copied, unless some of it was fetched already."""
        folder = self._folder
        if folder.have(size) == 0 and folder.copy(self._active, digest, size, path):
            return True
        return self._get(digest, size, path, fetch)

    def _get(self, digest, size, path, fetch):
        """Whether the file is in place now."""
        folder = self._folder
        have = folder.have(size)
        if not size:
            folder.append(b"")
        while have < size:
            data = fetch(digest, have // CHUNK)
            if data is None:
                return False
            if len(data) != min(CHUNK, size - have):
                folder.drop()
                raise BadUpdate("bad-hash")
            folder.append(data)
            have += len(data)
        if not folder.put(digest, path):
            raise BadUpdate("bad-hash")
        return True

    def _refuse(self, word):
        """What is wrong at the broker is wrong at the next wake: a few times, and never again."""
        self.said = (self.release, word, 0)
        if word not in ("bad-hash", "bad-list", "too-large", "no-memory") or not self.release:
            return
        self._notes["update_tries"] += 1
        if self._notes["update_tries"] >= _TRIES:
            self.state["bad"] = self.release
            try:
                start.write(self._root, self.state)
            except OSError:
                pass


def fetching(session, topic_of, budget, reserve_ms):
    """A `fetch` that stops while there is time to say goodbye."""

    def fetch(digest, number):
        if budget.left_ms() <= reserve_ms:
            return None
        try:
            return session.fetch(topic_of(digest, number))
        except OutOfTime:
            budget.check()
            return None

    return fetch
