"""What a device says of itself: asleep until when, or, by its last will, lost. Pure."""

from firmware.version import VERSION

LOST = b'{"v":1,"state":"lost"}'


def asleep(until_s, config, notes):
    """Before it sleeps. `until` is 0 where it does not know what time it is."""
    return (
        '{"v":1,"state":"asleep","until":%d,"firmware":"%s","config":%d,"dropped":%d,"failures":%d}'
        % (until_s, VERSION, config["version"], notes["dropped"], notes["failures"])
    ).encode()
