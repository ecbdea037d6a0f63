"""How far the board's time can be believed."""

_FRESH_S = 6 * 3_600  # the board's own oscillator loses seconds an hour
_SYNC_EVERY_S = 86_400


def source(notes, now_s):
    """ntp, rtc or none, as the wire calls them."""
    synced_at = notes["synced_at"]
    if not synced_at:
        return "none"
    return "ntp" if 0 <= now_s - synced_at < _FRESH_S else "rtc"


def must_sync(notes, now_s):
    """Whether to ask for the time in this wake."""
    synced_at = notes["synced_at"]
    return not synced_at or not 0 <= now_s - synced_at < _SYNC_EVERY_S
