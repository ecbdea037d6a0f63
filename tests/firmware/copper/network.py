"""`network` of a board on a desk: the access points stand in $COPPER/copper.json."""

import machine

STA_IF = 0
_UNSET: tuple[str, ...] = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")  # noqa: S104 - as it says without a network
DONE: list[str] = []
_FROM_DHCP = ("10.0.0.7", "255.255.255.0", "10.0.0.1", "127.0.0.1")


class WLAN:
    """Joins where name and password are right and the access point is there."""

    def __init__(self, interface: int) -> None:
        assert interface == STA_IF
        self._address = _UNSET
        self._is_up = False
        machine.DID["wifi"] = DONE

    def active(self, is_active: bool) -> None:  # noqa: FBT001 - as a WLAN's
        """Switch it."""
        self._did("on" if is_active else "off")
        self._is_up = False

    def scan(self) -> list[tuple[bytes, bytes, int, int, int, bool]]:
        """(ssid, bssid, channel, RSSI, security, hidden) of each."""
        self._did("scan")
        return [
            (one["name"].encode(), bytes(one["bssid"]), 6, one["rssi"], 3, False)
            for one in machine.DESK["points"]
        ]

    def connect(self, name: str, password: str, bssid: bytes | None = None) -> None:
        """Ask to be let in."""
        for one in machine.DESK["points"]:
            is_meant = bssid is None or bytes(one["bssid"]) == bssid
            if one["name"] == name and is_meant and one["password"] == password:
                self._is_up = True
        self._did("connect " + ("anywhere" if bssid is None else str(bssid[0])))
        if self._is_up and self._address == _UNSET:
            self._address = _FROM_DHCP

    def disconnect(self) -> None:
        """Leave."""
        self._is_up = False

    def isconnected(self) -> bool:
        """Whether it may be used."""
        return self._is_up

    def ifconfig(self, told: tuple[str, ...] | None = None) -> tuple[str, ...] | None:
        """Address, mask, gateway, name server."""
        if told is None:
            return self._address
        self._did("address " + told[0])
        self._address = told
        return None

    def ipconfig(self, dhcp4: bool) -> None:  # noqa: FBT001 - as a WLAN's
        """Ask for an address."""
        assert dhcp4
        self._did("dhcp")
        self._address = _UNSET

    def status(self, what: str) -> int:
        """How loud it is heard."""
        assert what == "rssi"
        return -61

    def _did(self, what: str) -> None:
        DONE.append(what)
