"""A connected socket, plain or TLS, that never waits longer than its budget.

The socket stays non-blocking all its life: what `setblocking(True)` does to a timeout differs
between ports, and on an ESP32 it means waiting for ever.
"""

import errno


class Broken(Exception):  # noqa: N818 - the link is
    """The link cannot be used any more; `reason` is a word for the log and the status."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


_NOT_YET = (errno.EAGAIN, errno.EINPROGRESS)


class Stream:
    """Whole reads and whole writes on `sock`."""

    def __init__(self, sock):
        self._sock = sock

    def write(self, data, budget):
        """All of `data`; raises Broken or OutOfTime."""
        view = memoryview(data)
        while view:
            budget.check()
            written = self._try(self._sock.write, view)
            if written is None:
                budget.pause()
            else:
                view = view[written:]

    def read(self, count, budget):
        """Exactly `count` bytes; raises Broken or OutOfTime."""
        data = b""
        while len(data) < count:
            data += self._some(count - len(data), budget)
        return data

    def peek(self, budget):
        """One byte where it comes within the budget, else None."""
        while budget.left_ms():
            byte = self._try(self._sock.read, 1)
            if byte is not None:
                return _not_ended(byte)
            budget.pause()
        return None

    def skip(self, count, budget):
        """Read `count` bytes and keep none of them."""
        while count:
            count -= len(self._some(min(count, 256), budget))

    def close(self):
        """Hang up; whatever state it is in."""
        try:
            self._sock.close()
        except (OSError, ValueError):
            pass

    def _some(self, count, budget):
        while True:
            budget.check()
            data = self._try(self._sock.read, count)
            if data is not None:
                return _not_ended(data)
            budget.pause()

    def _try(self, act, argument):
        """What `act` gives; None where it is not ready. A bad certificate is a ValueError."""
        try:
            return act(argument)
        except ValueError:
            raise Broken("tls")
        except OSError as error:
            if error.errno in _NOT_YET:
                return None
            raise Broken("tls" if error.errno is not None and error.errno < 0 else "reset")


def _not_ended(data):
    if not data:
        raise Broken("closed")
    return data
