"""Devices over the API: let in, hung, swapped, taken down, revoked; and whose they are."""

import bcrypt
import pytest

from jemput.remote.status import Status
from jemput.roles import Role
from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.devices import Devices
from jemput.store.registry import RegistryStore
from jemput.store.statuses import Saying, Statuses
from tests.integration.api.guarded import Guarded
from tests.integration.api.town import BINS, GROUP, Town

SITE = "lubuk-pakam"
FIRST, SECOND = sorted(BINS)[:2]


@pytest.fixture
def key(api: Guarded) -> str:
    """A key of somebody who looks after the devices of every site."""
    return api.add("dewi", Role.DEVICE_ADMIN)


def opens(town: Town, device: str, password: str) -> bool:
    """Whether a broker would let it in."""
    hashes = {known.name: one for known, one in BrokerAccountStore(town.engine).live()}
    return device in hashes and bcrypt.checkpw(password.encode(), hashes[device].nats.encode())


def hanging(town: Town, bin_id: str, now_s: int) -> str:
    """The device that hangs on a bin."""
    known = Devices(RegistryStore(town.engine, GROUP)).list(now_s)
    return next(one.id for one in known if one.bin == bin_id)


def test_a_password_is_shown_once_and_ends_when_it_is_rotated_or_revoked(
    town: Town, api: Guarded, key: str
) -> None:
    nowhere = api.ask(key, "/v1/devices", "POST", {"id": "baru-1", "site": "galan"})
    assert "there is no site galan: there are" in nowhere.json()["detail"]
    made = api.ask(key, "/v1/devices", "POST", {"id": "baru-1", "site": SITE})
    assert (made.status_code, made.headers["location"]) == (201, "/v1/devices/baru-1")
    first = made.json()["password"]
    assert opens(town, "baru-1", first)
    assert first not in api.ask(key, "/v1/devices/baru-1").text
    again = api.ask(key, "/v1/devices", "POST", {"id": "baru-1"})
    assert (again.status_code, again.json()["detail"].partition(":")[0]) == (
        409,
        "device baru-1 has an account",
    )

    second = api.ask(key, "/v1/devices/baru-1/rotate", "POST").json()["password"]
    assert (opens(town, "baru-1", first), opens(town, "baru-1", second)) == (False, True)
    for _ in range(2):
        assert api.ask(key, "/v1/devices/baru-1/revoke", "POST").json()["may_speak"] is False
    assert not opens(town, "baru-1", second)
    assert [one["id"] for one in api.ask(key, "/v1/devices?revoked=true").json()["devices"]] == [
        "baru-1"
    ]
    assert api.ask(key, "/v1/devices", "POST", {"id": "unknown"}).status_code == 409


def test_a_device_is_swapped_and_taken_down_and_the_bin_keeps_its_history(
    town: Town, api: Guarded, key: str
) -> None:
    now_s = town.services().clock.now_ms() // 1000
    old = hanging(town, FIRST, now_s)

    full = api.ask(key, "/v1/devices/baru-1/bind", "POST", {"bin": FIRST})
    assert full.status_code == 409
    assert "swap it for baru-1" in full.json()["detail"]
    swapped = api.ask(key, "/v1/devices/baru-1/swap", "POST", {"bin": FIRST, "from_s": now_s - 60})
    assert (swapped.status_code, swapped.json()["bin"]) == (200, FIRST)
    before = api.ask(key, f"/v1/devices/{old}").json()
    assert (before["bin"], before["history"][-1]["until_s"]) == (None, now_s - 60)

    down = api.ask(key, "/v1/devices/baru-1/take-down", "POST")
    assert (down.status_code, down.json()["bin"]) == (200, None)
    assert api.ask(key, "/v1/devices/baru-1/take-down", "POST").status_code == 409
    ahead = {"bin": FIRST, "from_s": now_s + 3600}
    assert api.ask(key, "/v1/devices/baru-1/bind", "POST", ahead).status_code == 422
    assert api.ask(key, "/v1/devices/a%00b/bind", "POST", {"bin": FIRST}).status_code == 404


def test_who_is_of_another_site_sees_and_changes_nothing_here(town: Town, api: Guarded) -> None:
    now_s = town.services().clock.now_ms() // 1000
    here = hanging(town, FIRST, now_s)
    other = api.add("lain", Role.DEVICE_ADMIN, "elsewhere")

    assert api.ask(other, "/v1/devices").json()["devices"] == []
    assert api.ask(other, "/v1/devices/unknown").status_code == 403
    assert api.ask(other, f"/v1/devices/{here}").status_code == 404
    for path, body in (
        (f"{here}/rotate", None),
        (f"{here}/revoke", None),
        (f"{here}/take-down", None),
        ("baru-2/bind", {"bin": FIRST}),
        (f"{here}/swap", {"bin": SECOND}),
    ):
        assert api.ask(other, f"/v1/devices/{path}", "POST", body).status_code == 404
    assert api.ask(other, "/v1/devices", "POST", {"id": "baru-2", "site": SITE}).status_code == 403
    assert hanging(town, FIRST, now_s) == here


def test_what_a_device_says_of_itself_is_shown(town: Town, api: Guarded, key: str) -> None:
    name = hanging(town, FIRST, 2**31)
    said = Status(1, "asleep", firmware="0.2.0", release=7, config=3, update=(8, "fetching", 4))
    heard = Saying(SITE, name, 1_790_000_000_000, said)
    Statuses(town.engine, GROUP).note([heard])

    assert api.ask(key, f"/v1/devices/{name}").json()["said"] == {
        "heard_at_s": 1_790_000_000,
        "lost_at_s": None,
        "firmware": "0.2.0",
        "release": 7,
        "configuration": 3,
        "refused": None,
        "update": "8 fetching",
    }
