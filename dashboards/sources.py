"""Data sources as Grafana keeps them: one of bins for each InfluxDB there is, and Prometheus.

Whichever InfluxDB it is, its uid is the same, so a town may go to another and keep its boards.
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct

Generation = Literal["1", "2", "3"]
Json = dict[str, str | int | bool]

UID: Final = "jemput-"
INFLUX_UID: Final = UID + "influx"
PROMETHEUS_UID: Final = UID + "prometheus"
GENERATIONS: Final[tuple[Generation, ...]] = ("1", "2", "3")
SERIES: Final = 20_000
"""More than bins: Grafana cuts what is beyond, by default 1,000, and says nothing."""
HEARD_EVERY: Final = "1m"
SCRAPED_EVERY: Final = "15s"


class Source(Struct, frozen=True):
    """One data source. `json` is what Grafana's `jsonData` is, `secure` what is never shown."""

    uid: str
    name: str
    type: str
    url: str
    json: Json
    secure: dict[str, str] = msgspec.field(default_factory=dict)
    user: str = ""
    is_default: bool = False

    def written(self) -> dict[str, object]:
        """In the words of Grafana's files and of its HTTP API, which are the same."""
        user = {"user": self.user} if self.user else {}
        return {
            "uid": self.uid,
            "name": self.name,
            "type": self.type,
            "access": "proxy",
            "url": self.url,
            "isDefault": self.is_default,
            **user,
            "jsonData": dict(self.json),
            **({"secureJsonData": dict(self.secure)} if self.secure else {}),
        }


def influx(generation: Generation, url: str, bucket: str, secret: str) -> Source:
    """Asked in InfluxQL; `secret` is `user:password` for 1.x, else a token; may be empty."""
    json: Json = {
        "dbName": bucket,
        "httpMode": "POST",
        "timeInterval": HEARD_EVERY,
        "maxSeries": SERIES,
    }
    secure: dict[str, str] = {}
    user, _, password = secret.partition(":") if generation == "1" else ("", "", "")
    if generation != "1" and secret:
        json["httpHeaderName1"] = "Authorization"
        secure["httpHeaderValue1"] = f"Token {secret}"
    elif password:
        secure["password"] = password
    return Source(
        INFLUX_UID, "Jemput InfluxDB", "influxdb", url, json, secure, user, is_default=True
    )


def prometheus(url: str) -> Source:
    """Asked in PromQL; Grafana shows its alert rules."""
    json: Json = {"httpMethod": "POST", "manageAlerts": True, "timeInterval": SCRAPED_EVERY}
    return Source(PROMETHEUS_UID, "Jemput Prometheus", "prometheus", url, json)
