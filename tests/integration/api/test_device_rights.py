"""Devices of two sites and of another group: whose they are, and what is written of a change."""

from collections.abc import Iterator

import pytest

from jemput.broker.hashing import hashed
from jemput.geometry import Geometry
from jemput.registry import PutBin, PutHalte, PutSite
from jemput.roles import Role
from jemput.store.broker_accounts import BrokerAccountStore
from jemput.things import Bin, Halte, Site
from tests.integration.api.guarded import Guarded, guarded
from tests.integration.api.town import BINS, CADENCE_S, Town

OURS, OUR_BIN, THEIR_BIN = "galang", "galang-organic", BINS[0]
OUR_TOWN = (
    PutSite(Site(OURS, "Galang")),
    PutHalte(Halte(OURS, OURS, "Pasar Galang", 3.47, 98.9)),
    PutBin(Bin(OUR_BIN, OURS, "organic", Geometry(1000, 0), CADENCE_S)),
)


@pytest.fixture
def api(town: Town) -> Iterator[Guarded]:
    """The guarded API over a town with a second site."""
    town.services().registry.change(OUR_TOWN, by="test", now_ms=0)
    with guarded(town) as made:
        yield made


@pytest.fixture
def whole(api: Guarded) -> str:
    """A key of somebody who looks after the devices of every site."""
    return api.add("dewi", Role.DEVICE_ADMIN)


@pytest.fixture
def ours(api: Guarded) -> str:
    """A key of somebody who looks after those of our site."""
    return api.add("ani", Role.DEVICE_ADMIN, OURS)


def make(api: Guarded, key: str, device: str, site: str | None = None) -> None:
    body = {"id": device} if site is None else {"id": device, "site": site}
    assert api.ask(key, "/v1/devices", "POST", body).status_code == 201


def listed(api: Guarded, key: str, query: str = "") -> list[str]:
    return [one["id"] for one in api.ask(key, f"/v1/devices?{query}").json()["devices"]]


def test_a_device_of_no_site_is_of_who_is_of_all(api: Guarded, whole: str, ours: str) -> None:
    make(api, whole, "bebas")
    make(api, ours, "kita", OURS)

    assert listed(api, ours) == ["kita"]
    assert api.ask(ours, "/v1/devices/bebas").status_code == 404
    assert {"bebas", "kita"} <= set(listed(api, whole))


def test_ours_is_hung_on_no_bin_of_theirs_and_theirs_on_none_of_ours(
    api: Guarded, whole: str, ours: str
) -> None:
    make(api, ours, "kita", OURS)
    make(api, whole, "mereka", "lubuk-pakam")
    before = api.ask(whole, "/v1/devices").json()

    for path, bin_id in (
        ("kita/bind", THEIR_BIN),
        ("kita/swap", THEIR_BIN),
        ("mereka/bind", OUR_BIN),
        ("mereka/swap", OUR_BIN),
        ("dev-1/bind", OUR_BIN),
    ):
        assert api.ask(ours, f"/v1/devices/{path}", "POST", {"bin": bin_id}).status_code == 404
    assert api.ask(ours, "/v1/devices/mereka/take-down", "POST").status_code == 404
    assert api.ask(whole, "/v1/devices").json() == before
    assert api.ask(ours, "/v1/devices/kita/bind", "POST", {"bin": OUR_BIN}).status_code == 200


def test_those_that_hang_and_those_that_do_not_are_told_apart(api: Guarded, whole: str) -> None:
    make(api, whole, "bebas")

    assert listed(api, whole, "bound=false") == ["bebas"]
    assert "bebas" not in listed(api, whole, "bound=true&limit=1000")
    assert len(listed(api, whole, "bound=true&limit=1000")) == len(BINS)


def test_a_password_is_kept_by_no_browser(api: Guarded, whole: str) -> None:
    made = api.ask(whole, "/v1/devices", "POST", {"id": "baru"})
    rotated = api.ask(whole, "/v1/devices/baru/rotate", "POST")

    assert [one.headers["Cache-Control"] for one in (made, rotated)] == ["no-store"] * 2


def test_every_change_of_an_account_is_in_the_log_without_its_secrets(
    api: Guarded, whole: str
) -> None:
    words = [
        api.ask(whole, "/v1/devices", "POST", {"id": "baru"}).json()["password"],
        api.ask(whole, "/v1/devices/baru/rotate", "POST").json()["password"],
    ]
    api.ask(whole, "/v1/devices/baru/revoke", "POST")

    told = api.ask(api.add("sri", Role.OPERATOR), "/v1/audit?thing=baru")
    lines = [(one["who"], one["what"]) for one in told.json()["lines"]]
    assert lines == [("dewi", "revoked"), ("dewi", "rotated"), ("dewi", "provisioned")]
    assert [word for word in (*words, "$2", "$7$", "$6$") if word in told.text] == []


def test_a_device_of_another_group_is_not_there(api: Guarded, town: Town, whole: str) -> None:
    accounts = BrokerAccountStore(town.engine)
    accounts.provision("other", {"jauh": hashed("sapu lidi")}, by="test", now_ms=0)

    assert api.ask(whole, "/v1/devices/jauh").status_code == 404
    for act in ("rotate", "revoke"):
        assert api.ask(whole, f"/v1/devices/jauh/{act}", "POST").status_code == 404
    assert "jauh" in {known.name for known, _ in accounts.live()}
