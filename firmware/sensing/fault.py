"""Why a ping has no distance. A fault is never a number, so no median can swallow it."""

NO_ECHO = "no_echo"
STUCK_ECHO = "stuck_echo"


class Fault(Exception):  # noqa: N818 - a fault is what it is, on the wire too
    """A ping without a distance; `quality` is its name on the wire."""

    def __init__(self, quality):
        super().__init__(quality)
        self.quality = quality
