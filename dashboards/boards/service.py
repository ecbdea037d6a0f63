"""What residents notice: how soon somebody comes, and how often nobody does."""

from typing import Final

from dashboards import asked, thresholds
from dashboards.board import Board, Row
from dashboards.boards.operations import BY_PLACE
from dashboards.panels import bars, lines, stat
from dashboards.thresholds import any_at_all, falling, rising
from jemput.pickup import State

HOUR_S: Final = 3600
_RESPONSE: Final = rising(
    asked.RULES.claim_within_h * HOUR_S, asked.RULES.collect_within_h * HOUR_S
)
_VERIFIED: Final = falling(0.8, 0.95)

SERVICE: Final = Board(
    "service",
    (
        Row(
            "whole",
            (
                stat("response", asked.RESPONSE, unit="s", steps=_RESPONSE, width=6),
                stat("verified", asked.VERIFIED, unit="percentunit", steps=_VERIFIED, width=6),
                stat(
                    "missed",
                    asked.steps_to(asked.MISSED, "", "number"),
                    unit="short",
                    steps=any_at_all(),
                    width=6,
                ),
                stat(
                    "fetched",
                    asked.steps_to((State.VERIFIED,), "", "number"),
                    unit="short",
                    steps=thresholds.PLAIN,
                    width=6,
                ),
            ),
        ),
        Row(
            "weeks",
            (
                lines(
                    "response-by-week",
                    asked.RESPONSE_BY_WEEK,
                    unit="s",
                    steps=_RESPONSE,
                    names={"median": "middle", "slow": "slow"},
                ),
                lines(
                    "verified-by-week",
                    asked.VERIFIED_BY_WEEK,
                    unit="percentunit",
                    names={"verified": "verified"},
                    most=1,
                ),
                lines(
                    "missed-by-week",
                    asked.steps_to(asked.MISSED, asked.BY_WEEK),
                    unit="short",
                    names={"count": "missed"},
                    in_bars=True,
                ),
                lines(
                    "overflow",
                    asked.FULL_SHARE,
                    unit="short",
                    names={"full": "full"},
                    in_bars=True,
                ),
            ),
        ),
        Row(
            "places",
            (
                bars("response-by-site", asked.response_by("site"), unit="s", steps=_RESPONSE),
                bars(
                    "response-by-waste",
                    asked.response_by("waste"),
                    unit="s",
                    steps=_RESPONSE,
                    labels="waste",
                ),
                bars("missed-by-site", asked.missed_by("site"), unit="short", steps=any_at_all()),
                bars(
                    "missed-by-waste",
                    asked.missed_by("waste"),
                    unit="short",
                    steps=any_at_all(),
                    labels="waste",
                ),
            ),
        ),
    ),
    BY_PLACE,
    since="now-90d",
    marks=(("incident", asked.TOWN_MARKS),),
    refresh="15m",
)
