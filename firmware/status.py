"""What a device says of itself: asleep until when, or, by its last will, lost. Pure.

Every word in it is one of ours, so nothing needs escaping.
"""

from firmware.version import VERSION

LOST = b'{"v":1,"state":"lost"}'


def asleep(until_s, version, notes, told):
    """Before it sleeps. `until` is 0 where it does not know what time it is.

    `version` is of the configuration. `told` has what is said only where there is something:
    `refused` (version, why), `commands` [(id, answer), …], `update` (release, word, files left).
    """
    text = '{"v":1,"state":"asleep","until":%d,"firmware":"%s","release":%d,"config":%d' % (
        until_s,
        VERSION,
        told.get("release", 0),
        version,
    )
    text += ',"dropped":%d,"failures":%d' % (notes["dropped"], notes["failures"])
    if told.get("refused"):
        text += ',"refused":[%d,"%s"]' % told["refused"]
    if told.get("commands"):
        text += ',"commands":[%s]' % ",".join(['[%d,"%s"]' % one for one in told["commands"]])
    if told.get("update"):
        text += ',"update":[%d,"%s",%d]' % told["update"]
    return (text + "}").encode()
