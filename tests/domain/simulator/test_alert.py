"""An alert as a collector's own app reads it, and whether it may be believed."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from simulator.alert import AlertError, CalledPickup, check_signature, read_alert
from simulator.collector import at_work_s
from simulator.scenario import load

ALERT: dict[str, Any] = {
    "v": 1,
    "key": "k-1",
    "kind": "pickup",
    "collector": "budi",
    "sent_at": 1_763_949_600,
    "pickups": [{"pickup": "p-1", "bin": "b-1", "fill_percent": 80, "since_at": None}],
    "text": "…",
}


def test_an_alert_is_read_and_what_is_new_in_it_is_left_alone() -> None:
    alert = read_alert(json.dumps(ALERT | {"something": "new"}).encode())

    assert (alert.key, alert.kind) == ("k-1", "pickup")
    assert alert.pickups == (CalledPickup("p-1", "b-1"),)


def test_what_is_about_no_pickup_is_an_alert_that_calls_to_none() -> None:
    about_a_bin = {"pickup": None, "bin": "b-1", "fill_percent": None}
    told = ALERT | {"kind": "incident", "pickups": [about_a_bin], "detail": "battery at 3210 mV"}

    alert = read_alert(json.dumps(told).encode())

    assert (alert.kind, alert.pickups) == ("incident", ())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        json.dumps(ALERT | {"v": 2}).encode(),
        json.dumps(ALERT | {"key": 7}).encode(),
        json.dumps(ALERT | {"pickups": [{"bin": "b"}]}).encode(),
        json.dumps(ALERT | {"pickups": None}).encode(),
    ],
)
def test_what_is_no_alert_is_refused(body: bytes) -> None:
    with pytest.raises(AlertError, match="not an alert"):
        read_alert(body)


def signed(body: bytes, secret: str, at: str = "1763949600") -> str:
    """The header as the documentation describes it, made without the simulator."""
    digest = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def test_a_signature_with_the_secret_of_both_sides_is_believed() -> None:
    check_signature(signed(b"body", "secret"), b"body", "secret")
    check_signature(" ,".join(reversed(signed(b"b", "s").split(","))), b"b", "s")


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (signed(b"body", "secret"), b"bodY"),
        (signed(b"body", "other"), b"body"),
        (signed(b"body", "secret").replace("t=1", "t=2"), b"body"),
        ("", b"body"),
        ("v1=", b"body"),
        ("t=1,v1=ü", b"body"),
    ],
)
def test_any_other_signature_is_not(header: str, body: bytes) -> None:
    with pytest.raises(AlertError, match="the signature is not ours"):
        check_signature(header, body, "secret")


@pytest.mark.parametrize(
    ("local_hour", "expected_hour"),
    [(3, 5), (5, 5), (12.5, 12.5), (21.9, 21.9), (22, 29), (23, 29)],
)
def test_collectors_go_in_their_hours_and_else_the_next_morning(
    local_hour: float, expected_hour: float
) -> None:
    budi = load("lubuk-pakam").collectors[0]
    midnight_s, wib_s = 1_763_917_200, 25_200

    assert (budi.from_hour, budi.to_hour) == (5, 22)
    at_s = at_work_s(budi, midnight_s + local_hour * 3600, wib_s)
    assert at_s == midnight_s + expected_hour * 3600
