"""What runs on devices, as Prometheus is told of it."""

from pathlib import Path

from api.fleet import MOST_VERSIONS, OTHER, UNKNOWN
from jemput.remote.status import Status
from jemput.store.statuses import Saying, Statuses
from tests.integration.api.test_meters import metrics
from tests.integration.api.town import GROUP, Town, served


def say(town: Town, versions: dict[str, str | None], site: str = "lubuk-pakam") -> None:
    Statuses(town.engine, GROUP).note(
        [
            Saying(site, device, town.clock.ms, Status(1, "asleep", firmware=version))
            for device, version in versions.items()
        ]
    )


def devices(town: Town) -> dict[tuple[str, ...], float]:
    with served(town.services()) as client:
        found = metrics(client)
    return {key[1:]: value for key, value in found.items() if key[0] == "jemput_devices"}


def test_devices_are_counted_by_version_and_site(tmp_path: Path) -> None:
    town = Town(tmp_path)
    assert devices(town) == {}
    say(town, {"a": "0.1.0", "b": "0.1.0", "c": "0.2.0", "d": None})
    say(town, {"e": "0.2.0"}, site="elsewhere")
    say(town, {"a": "0.2.0"})

    assert devices(town) == {
        ("0.1.0", "lubuk-pakam"): 1,
        ("0.2.0", "lubuk-pakam"): 2,
        ("0.2.0", "elsewhere"): 1,
        (UNKNOWN, "lubuk-pakam"): 1,
    }


def test_whatever_devices_call_themselves_the_versions_stay_few(tmp_path: Path) -> None:
    town = Town(tmp_path)
    say(town, {f"d{number}": f'v{number}"\n{{' for number in range(3 * MOST_VERSIONS)})
    say(town, {"x": "0.1.0", "y": "0.1.0"})

    found = devices(town)

    assert found["0.1.0", "lubuk-pakam"] == 2
    assert found[OTHER, "lubuk-pakam"] == 2 * MOST_VERSIONS + 1
    assert len(found) == MOST_VERSIONS + 1
