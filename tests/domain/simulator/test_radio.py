"""The simulated radio, held to what was measured on 77 LoRaWAN devices (seeds fixed)."""

import dataclasses
import statistics
from itertools import groupby

import pytest

from simulator.chance import chance
from simulator.radio import Fate, Outages, Radio
from simulator.scenario import load
from simulator.town_plan import OutagePlan, RadioPlan

PLAN = load("lubuk-pakam").radio
HOUR_S, YEAR_S = 3600, 365.25 * 86_400
NEVER = OutagePlan(per_year=0, shortest_h=2, median_h=9, longest_h=46, free_s=0)


def plan(**changes: float) -> RadioPlan:
    """The demo's radio without outages, changed."""
    quiet = dataclasses.replace(PLAN, device_outages=NEVER, network_outages=NEVER)
    return dataclasses.replace(quiet, **changes)  # type: ignore[arg-type]  # only numbers are given


def radio(seed: int, plan: RadioPlan) -> Radio:
    """One device's radio."""
    return Radio(chance("radio", seed), plan, Outages(chance(seed), plan.network_outages, 0), 0)


def fates(radio: Radio, count: int) -> list[Fate]:
    """What becomes of so many transmissions."""
    return [radio.send(turn * HOUR_S) for turn in range(count)]


def lost_share(fates: list[Fate]) -> float:
    """The share that a device heard nothing back from."""
    return sum(fate in (Fate.LOST, Fate.ACK_LOST) for fate in fates) / len(fates)


def test_loss_differs_between_devices_as_measured() -> None:
    """Measured: median 16 %, quartiles 12.5 and 20, from 6 to 51."""
    shares = [lost_share(fates(radio(seed, plan()), 2000)) for seed in range(200)]
    low, middle, high = statistics.quantiles(shares, n=4)

    assert (low, middle, high) == pytest.approx((0.125, 0.16, 0.20), abs=0.015)
    assert 0.04 < min(shares) < max(shares) < 0.54


def test_losses_come_in_runs_as_measured() -> None:
    """Measured: 75 % alone, 18 % two in a row, 4 % three."""
    runs = [
        len(list(run))
        for seed in range(100)
        for lost, run in groupby(
            fate in (Fate.LOST, Fate.ACK_LOST) for fate in fates(radio(seed, plan()), 2000)
        )
        if lost
    ]
    share = [runs.count(length) / len(runs) for length in (1, 2, 3)]

    assert share == pytest.approx([0.75, 0.18, 0.04], abs=0.02)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.95, 1.0])
def test_the_long_share_of_losses_is_the_one_asked_for(share: float) -> None:
    lossy = plan(loss_low=share, loss_high=share)

    assert lost_share(fates(radio(1, lossy), 20_000)) == pytest.approx(share, abs=0.03)


def test_of_some_losses_only_the_puback_is_lost() -> None:
    found = fates(radio(1, plan(loss_low=0.5, loss_high=0.5)), 20_000)
    lost = found.count(Fate.LOST) + found.count(Fate.ACK_LOST)

    assert found.count(Fate.ACK_LOST) / lost == pytest.approx(PLAN.ack_loss_share, abs=0.02)


def test_what_arrives_arrives_twice_as_often_as_asked_for() -> None:
    found = fates(radio(1, plan(duplicate_share=0.5, loss_low=0, loss_high=0)), 10_000)

    assert found.count(Fate.TWICE) / 10_000 == pytest.approx(0.5, abs=0.02)


def silences_h(outages: Outages, years: int) -> list[float]:
    """How long each silence lasted, looked at every quarter of an hour."""
    found = groupby(outages.silent(at * 900) for at in range(int(years * YEAR_S / 900)))
    return [len(list(run)) / 4 for silent, run in found if silent]


def test_the_whole_network_is_silent_eleven_times_a_year() -> None:
    """Measured: 11 silences above two hours in a year, the longest 45.7 h."""
    lengths = silences_h(Outages(chance("network"), PLAN.network_outages, 0), 20)

    assert len(lengths) / 20 == pytest.approx(11, abs=2)
    assert min(lengths) >= 2
    assert 8 <= statistics.median(lengths) <= 10.5
    assert 40 < max(lengths) <= 46.25


def test_nothing_arrives_in_an_outage() -> None:
    silent = dataclasses.replace(NEVER, per_year=1e6, longest_h=1e6, median_h=1e6)
    lossless = plan(loss_low=0, loss_high=0, duplicate_share=0)
    of_network = dataclasses.replace(lossless, network_outages=silent)
    of_device = dataclasses.replace(lossless, device_outages=silent)

    assert set(fates(radio(1, lossless), 50)) == {Fate.ARRIVES}
    assert set(fates(radio(1, of_network), 50)[1:]) == {Fate.LOST}
    assert set(fates(radio(1, of_device), 50)[1:]) == {Fate.LOST}


def test_a_run_begins_without_an_outage() -> None:
    soon = dataclasses.replace(PLAN.network_outages, per_year=1e5)
    outages = Outages(chance(1), soon, start_s=1000)

    assert not any(outages.silent(1000 + at) for at in range(0, soon.free_s, 600))
    assert outages.silent(1000 + soon.free_s + 2 * HOUR_S)
