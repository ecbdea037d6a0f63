"""What collectors' apps and webhooks receive, field for field."""

import json
import re
from pathlib import Path
from typing import Final

import msgspec
import pytest

from jemput.alert import compose, encode, in_one_line
from jemput.decisions import AlertKind
from jemput.pickup import Reason
from simulator.alert import read_alert
from tests.contract.alerts.cases import API_URL, CASES, CIHAMPELAS, DAGO, SENT_MS, say

HERE: Final = Path(__file__).parent


@pytest.mark.parametrize("name", CASES)
def test_an_alert_is_the_golden_one(name: str) -> None:
    alert = compose(CASES[name], SENT_MS, API_URL)
    pretty = json.dumps(json.loads(encode(alert)), indent=2, ensure_ascii=False) + "\n"

    assert pretty == (HERE / f"{name}.json").read_text()


def test_every_golden_file_is_a_case() -> None:
    assert {one.stem for one in HERE.glob("*.json")} == set(CASES)


def test_the_same_alert_is_the_same_bytes() -> None:
    once, again = (encode(compose(CASES["wave.id"], SENT_MS, API_URL)) for _ in range(2))

    assert once == again


def test_a_wave_has_one_key_whatever_its_order() -> None:
    says = CASES["wave.id"]
    alert, turned = (compose(one, SENT_MS, API_URL) for one in (says, says[::-1]))

    assert alert.key == turned.key
    assert alert.key != compose(says[:1], SENT_MS, API_URL).key


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_kind_and_reason_has_words(language: str) -> None:
    texts = set()
    for kind in AlertKind:
        for reason in Reason:
            subject = msgspec.structs.replace(DAGO, reason=reason)
            said = msgspec.structs.replace(say(kind, "id", subject), language=language)
            texts.add(compose([said], SENT_MS, API_URL).text)

    assert len(texts) == len(AlertKind) * len(Reason)


def test_people_are_called_petugas_as_on_the_page() -> None:
    texts = [compose(says, SENT_MS, API_URL).text for says in CASES.values()]

    assert any("petugas" in one for one in texts)
    assert not any("kolektor" in one.lower() for one in texts)


@pytest.mark.parametrize("kind", [one for one in AlertKind if one is not AlertKind.PICKUP])
def test_only_a_call_can_be_accepted(kind: AlertKind) -> None:
    alert = compose([say(kind, "en")], SENT_MS, API_URL)

    assert alert.body["pickups"][0]["accept_url"] is None
    assert "Accept: " not in alert.text


def test_the_time_is_local() -> None:
    assert "since 2026-01-01 07:00 WIB" in compose(CASES["pickup.en"], SENT_MS, API_URL).text


def test_the_simulated_app_reads_it() -> None:
    heard = read_alert(encode(compose(CASES["wave.en"], SENT_MS, API_URL)))

    assert [one.pickup for one in heard.pickups] == [DAGO.pickup, CIHAMPELAS.pickup]


def test_a_log_has_it_in_one_line_without_the_map() -> None:
    alert = compose(CASES["pickup.en"], SENT_MS, API_URL)

    assert "openstreetmap" in alert.text
    assert in_one_line(alert).split(" · ")[0] == alert.text.splitlines()[0]
    assert API_URL in in_one_line(alert)
    assert not re.search(r"\n|openstreetmap", in_one_line(alert))
