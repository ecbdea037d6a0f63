"""Joining Wi-Fi, the second time without looking for it.

What was found is remembered as bytes: the access point and, for some joins, our address. A scan
and DHCP together take longer than all the rest of a wake. `connect` of MicroPython takes no
channel, so that is not remembered.
"""

import struct

import network

from firmware.net.stream import Broken

_JOIN_MS = 15_000
_AGAIN_MS = 4_000  # where it is known
_ADDRESS_USES = 20  # then DHCP again: a lease ends, and nobody tells a sleeper
_FORMAT = "<6sB4s4s4s4s"
BYTES = 23
NOTHING = bytes(BYTES)


class Wifi:
    """`settings` have `wifi` and `wifi_password`; `memory` is what `remembered` was last."""

    def __init__(self, settings, memory):
        self._settings = settings
        self._wlan: network.WLAN = None
        self.remembered = memory if len(memory) == BYTES else NOTHING

    @property
    def is_on(self):
        """Whether it was asked for in this wake."""
        return self._wlan is not None

    def join(self, budget):
        """Raises Broken or OutOfTime; the latter only where the whole wake is over."""
        turn = budget.part(_JOIN_MS)
        try:
            self._wlan = network.WLAN(network.STA_IF)
            self._wlan.active(True)  # noqa: FBT003 - it takes no name
            if not self._joined_again(turn):
                self._join_anew(turn)
        except OSError:
            raise Broken("no-network")

    def dns_server(self):
        """As the network told, else its gateway."""
        _, _, gateway, server = self._wlan.ifconfig()
        return gateway if server == "0.0.0.0" else server  # noqa: S104 - nobody listens there

    def rssi_dbm(self):
        """Of the connection, or None."""
        try:
            return self._wlan.status("rssi") if self._wlan else None
        except (OSError, ValueError):
            return None

    def off(self):
        """It costs most."""
        if self._wlan is None:
            return
        try:
            self._wlan.disconnect()
            self._wlan.active(False)  # noqa: FBT003 - it takes no name
        except OSError:
            pass  # it was not connected

    def forget(self):
        """A report failed: it may have been this."""
        self.remembered = NOTHING

    def _joined_again(self, turn):
        bssid, uses, *address = struct.unpack(_FORMAT, self.remembered)
        if not uses:
            return False
        self._wlan.ifconfig(tuple([_dotted(one) for one in address]))
        self._connect(bssid)
        again = turn.part(_AGAIN_MS)
        while not self._wlan.isconnected():
            if not again.left_ms():
                self._start_over()
                return False
            turn.pause()
        self._remember(bssid, uses - 1)
        return True

    def _start_over(self):
        self.forget()
        self._wlan.disconnect()
        self._wlan.active(False)  # noqa: FBT003 - it takes no name
        self._wlan.active(True)  # noqa: FBT003 - the same

    def _join_anew(self, turn):
        self._ask_for_an_address()
        bssid = self._strongest()
        self._connect(bssid)
        while not self._wlan.isconnected():
            if not turn.left_ms():
                self.forget()
                raise Broken("no-network")
            turn.pause()
        if bssid:
            self._remember(bssid, _ADDRESS_USES)

    def _ask_for_an_address(self):
        try:
            self._wlan.ipconfig(dhcp4=True)
        except (OSError, ValueError):
            pass  # it does already

    def _strongest(self):
        """Of the access points with our name; None where it hides."""
        name, found = self._settings["wifi"].encode(), None
        for one in self._wlan.scan():
            if one[0] == name and (found is None or one[3] > found[3]):
                found = one
        return found[1] if found else None

    def _connect(self, bssid):
        name, password = self._settings["wifi"], self._settings.get("wifi_password")
        if bssid:
            self._wlan.connect(name, password, bssid=bssid)
        else:
            self._wlan.connect(name, password)

    def _remember(self, bssid, uses):
        address = [_packed(one) for one in self._wlan.ifconfig()]
        self.remembered = struct.pack(_FORMAT, bssid, uses, *address)


def _dotted(packed):
    return ".".join([str(byte) for byte in packed])


def _packed(dotted):
    return bytes([int(part) for part in dotted.split(".")])
