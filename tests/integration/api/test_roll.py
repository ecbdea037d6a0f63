"""The roll of bins is never old: what moves shows at the next look, and to whom it may."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from api.roll import Roll
from jemput.entry import Link
from jemput.geometry import Geometry
from jemput.registry import Bind, Change, PutBin, PutCollector, PutHalte, PutPolicy, Retire
from jemput.roles import Role
from jemput.store.journal import Journal
from jemput.store.registry import RefusedChangeError
from jemput.things import Bin, Collector, Halte
from tests.integration.api.guarded import Guarded
from tests.integration.api.town import BINS, GROUP, HALTES, WASTES, Client, Town

ORGANIC = "pasar-delimas-organic"
PLASTIC = "pasar-delimas-plastic"
STEPS = 60


def change(town: Town, *changes: Change) -> None:
    town.services().registry.change(changes, by="test", now_ms=town.clock.ms)


def listed(client: Client, query: str = "") -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in client.get(f"/v1/bins{query}").json()["bins"]}


def alone(client: Client) -> dict[str, dict[str, Any]]:
    """Each bin asked for by itself, which keeps nothing."""
    return {one: client.get(f"/v1/bins/{one}").json() for one in BINS}


def test_a_list_says_of_each_bin_what_the_bin_says(reader: Client) -> None:
    assert listed(reader) == alone(reader)


MOVES: dict[str, tuple[Callable[[Town], None], Callable[[dict[str, Any]], object], object]] = {
    "level": (
        lambda town: town.hear(PLASTIC, 30, 30, 30, 30),
        lambda one: one["level_percent"],
        30,
    ),
    "threshold": (
        lambda town: change(town, PutPolicy("bin", PLASTIC, {"call_percent": 59})),
        lambda one: (one["call_percent"], one["band"], one["setup"]["own_call_percent"]),
        (59, "full", 59),
    ),
    "threshold of its site": (
        lambda town: change(town, PutPolicy("site", "lubuk-pakam", {"call_percent": 58})),
        lambda one: (one["call_percent"], one["setup"]["own_call_percent"]),
        (58, None),
    ),
    "threshold of its waste": (
        lambda town: change(town, PutPolicy("waste", "plastic", {"call_percent": 57})),
        lambda one: one["call_percent"],
        57,
    ),
    "name of its halte": (
        lambda town: change(
            town, PutHalte(Halte("pasar-delimas", "lubuk-pakam", "Pasar Baru", 3.55, 98.87))
        ),
        lambda one: one["halte"]["name"],
        "Pasar Baru",
    ),
    "device": (
        lambda town: change(town, Bind("dev-x", PLASTIC, town.clock.ms // 1000)),
        lambda one: one["setup"]["device"],
        "dev-x",
    ),
    "retired": (
        lambda town: change(town, Retire("bin", PLASTIC, town.clock.ms // 1000)),
        lambda one: one,
        None,
    ),
    "pickup": (
        lambda town: town.hear(PLASTIC, *[97] * 8),
        lambda one: one["pickup"]["collector"],
        "budi",
    ),
}


@pytest.mark.parametrize("name", sorted(MOVES))
def test_what_moved_shows_at_once(client: Client, town: Town, name: str) -> None:
    move, look, then = MOVES[name]
    assert look(listed(client)[PLASTIC] | {"pickup": {"collector": None}}) != then

    move(town)

    assert look(listed(client).get(PLASTIC, None)) == then  # type: ignore[arg-type]  # if it is gone


def test_what_hangs_on_a_bin_from_tomorrow_on_shows_tomorrow(client: Client, town: Town) -> None:
    tomorrow_s = town.clock.ms // 1000 + 86_400
    change(town, Bind("dev-x", PLASTIC, tomorrow_s))
    shape = PutBin(Bin(PLASTIC, "pasar-delimas", "plastic", Geometry(900, 0)), tomorrow_s)
    change(town, shape)

    def told() -> object:
        setup = listed(client)[PLASTIC]["setup"]
        return setup["device"], setup["geometry"]["empty_mm"]

    assert told() == ("dev-1", 1000)
    town.clock.ms += 86_399_000
    assert told() == ("dev-1", 1000)
    town.clock.ms += 1_000
    assert told() == ("dev-x", 900)


def test_an_accepted_pickup_shows_at_once(client: Client, budis: str) -> None:
    assert listed(client)[ORGANIC]["pickup"]["state"] == "requested"

    client.act("budi", f"/v1/pickups/{budis}/accept")

    assert listed(client)[ORGANIC]["pickup"]["state"] == "accepted"


def pickups_seen(api: Guarded, key: str) -> dict[str, str]:
    bins = api.ask(key, "/v1/bins").json()["bins"]
    return {one["id"]: one["pickup"]["collector"] for one in bins if one["pickup"]}


def test_nobody_is_sent_what_another_may_see(api: Guarded, town: Town) -> None:
    keys = {
        "sri": api.add("sri", Role.OPERATOR),
        "budi": api.add("budi", Role.COLLECTOR),
        "wati": api.add("wati", Role.COLLECTOR),
        "far": api.add("far", Role.OPERATOR, "elsewhere"),
    }
    for _ in range(2):  # whoever asks first or last
        assert len(pickups_seen(api, keys["sri"])) == 3
        assert pickups_seen(api, keys["budi"]) == {ORGANIC: "budi"}
        assert pickups_seen(api, keys["wati"]) == {"stasiun-organic": "wati"}
        assert api.ask(keys["far"], "/v1/bins").json()["bins"] == []
        features = api.ask(keys["budi"], "/v1/bins?format=geojson").json()["features"]
        assert sum(one["properties"]["pickup"] is not None for one in features) == 1

    api.add("far", Role.OPERATOR, "lubuk-pakam")
    api.add("sri", Role.OPERATOR, "elsewhere")

    assert len(pickups_seen(api, keys["far"])) == 3
    assert pickups_seen(api, keys["sri"]) == {}
    assert town.services().open_reading


def test_a_collector_may_ask_for_what_they_collect_alone(api: Guarded, town: Town) -> None:
    budi, wati = api.add("budi", Role.COLLECTOR), api.add("wati", Role.COLLECTOR)
    sri = api.add("sri", Role.OPERATOR)

    def mine(key: str) -> set[str]:
        return {one["id"] for one in api.ask(key, "/v1/bins?mine=true").json()["bins"]}

    assert mine(budi) == {one for one in BINS if one.startswith(("pasar-delimas", "alun-alun"))}
    assert mine(wati) == {one for one in BINS if one.startswith("stasiun")}
    assert mine(sri) == set()

    change(town, PutCollector(Collector("wati", "Wati", ("selatan",), wastes=("plastic",))))

    assert mine(wati) == {"stasiun-plastic", "stasiun-organic"}  # that pickup is hers already


def steps(town: Town, chance: random.Random) -> Iterator[Callable[[], None]]:
    """What may happen to a town, one after the other."""
    one, waste = chance.choice(BINS), chance.choice(WASTES)
    halte, now_s = chance.choice(HALTES), town.clock.ms // 1000
    level, at_s = chance.choice((10, 60, 95)), now_s + chance.choice((-900, 0, 900))
    shape = Geometry(chance.choice((900, 1000)), 0)
    yield lambda: town.hear(one, *[level] * chance.choice((1, 4)))
    yield lambda: town.pass_time(chance.choice((900, 7200)))
    yield lambda: change(town, PutBin(Bin(one, halte[0], waste, shape), at_s))
    yield lambda: change(town, PutHalte(Halte(halte[0], "lubuk-pakam", str(now_s), 3.5, 98.8)))
    yield lambda: change(town, Bind(f"dev-{chance.randrange(len(BINS))}", one, at_s))
    yield lambda: change(town, PutPolicy("bin", one, {"call_percent": chance.choice((60, 90))}))
    yield lambda: change(town, PutPolicy("waste", waste, {"call_percent": chance.choice((65, 90))}))
    yield lambda: change(town, Retire("bin", one, at_s))
    yield lambda: taken_over(town)


def taken_over(town: Town) -> None:
    town.epoch = Journal(town.engine, GROUP).take_over()
    town.write(events=(Link(up=True),))


@pytest.mark.parametrize("seed", range(3))
def test_a_roll_that_was_kept_is_one_that_is_made_anew(town: Town, seed: int) -> None:
    services, chance = town.services(), random.Random(seed)  # noqa: S311 - to be repeated
    kept = Roll(services)
    for _ in range(STEPS):
        with suppress(RefusedChangeError):  # what is retired takes no device
            chance.choice([*steps(town, chance)])()
        seen, anew = kept.look(), Roll(town.services()).look()
        assert (seen.rows, seen.in_use, seen.retired) == (anew.rows, anew.in_use, anew.retired)
        assert seen.registry == anew.registry


def test_pages_by_id_go_on_where_the_page_before_ended(reader: Client) -> None:
    for sort in ("id", "-id", "level_percent"):
        whole = [*listed(reader, f"?sort={sort}")]
        found, query = [], f"?sort={sort}&limit=5"
        while query:
            body = reader.get(f"/v1/bins{query}").json()
            found += [one["id"] for one in body["bins"]]
            query = body["next"] and f"?sort={sort}&limit=5&cursor={body['next']}"
        assert found == whole
    assert [*listed(reader, "?sort=-id")] == sorted(BINS, reverse=True)
