"""Node-RED with its InfluxDB batch node, 500 points a write."""

import json
import shutil
from typing import Any, Final

from tests.bench.contest.caches import cache, make, tool
from tests.bench.contest.contender import BUCKET, ORG, READINGS, TOKEN, Stage
from tests.bench.contest.processes import Program
from tests.servers import free_port

PACKAGES: Final = ("node-red@4", "node-red-contrib-influxdb@0.7.0")
SETTINGS: Final = """\
module.exports = {{
  uiPort: {port}, uiHost: "127.0.0.1", flowFile: "flows.json", credentialSecret: false,
  httpAdminRoot: false, disableEditor: true, telemetry: {{ enabled: false }},
  logging: {{ console: {{ level: "warn", metrics: false, audit: false }} }}
}};
"""
COLLECT: Final = """\
const batch = context.get("batch") || [];
if (msg.topic !== "flush") {
  const levels = msg.topic.split("/");
  for (const reading of msg.payload.readings) {
    batch.push({ measurement: "reading", fields: reading,
                 tags: { site: levels[2], device: levels[3] },
                 timestamp: String(Date.now()) + "000000" });
  }
  if (batch.length < 500) { context.set("batch", batch); return null; }
}
context.set("batch", []);
return batch.length ? { payload: batch } : null;
"""


class NodeRed:
    """mqtt in, a function that collects 500 readings or a second, influxdb batch."""

    name = "node_red"
    title = "Node-RED 4"
    per_s = 1_500

    def __init__(self) -> None:
        """Nothing is fetched yet."""
        self._folder = cache("node-red-4")
        self._program = self._folder / "node_modules" / "node-red" / "red.js"

    def prepare(self) -> None:
        """Fetch it by npm, once."""
        if self._program.exists():
            return
        npm = tool("npm", "npm")
        quietly = ["--no-audit", "--no-fund", "--omit=dev"]
        make([npm, "install", "--prefix", ".", *quietly, *PACKAGES], self._folder)

    def start(self, stage: Stage) -> Program:
        """See `Contender.start`."""
        folder = stage.folder / self.name
        folder.mkdir(exist_ok=True)
        modules = folder / "node_modules"
        if not modules.exists():
            modules.symlink_to(self._folder / "node_modules")
            shutil.copy(self._folder / "package.json", folder)
        (folder / "settings.js").write_text(SETTINGS.format(port=free_port()))
        (folder / "flows.json").write_text(json.dumps(_flows(stage)))
        (folder / "flows_cred.json").write_text(json.dumps({"influx": {"token": TOKEN}}))
        node = tool("node", "nodejs")
        return Program([node, str(self._program), "--userDir", str(folder)], {}, folder)


def _flows(stage: Stage) -> list[dict[str, Any]]:
    heard = {"topic": READINGS, "qos": "1", "datatype": "json", "broker": "broker", "inputs": 0}
    every = {"topic": "flush", "repeat": "1", "once": False, "props": [{"p": "topic", "vt": "str"}]}
    written = {"influxdb": "influx", "org": ORG, "bucket": BUCKET, "precisionV18FluxV20": "ns"}
    at = {"z": "flow", "x": 1, "y": 1}
    return [
        {"id": "flow", "type": "tab", "label": "contest"},
        _broker(stage),
        _influx(stage),
        {"id": "hear", "type": "mqtt in", **at, **heard, "wires": [["collect"]]},
        {"id": "every", "type": "inject", **at, **every, "wires": [["collect"]]},
        {"id": "collect", "type": "function", **at, "func": COLLECT, "outputs": 1}
        | {"wires": [["write"]]},
        {"id": "write", "type": "influxdb batch", **at, **written, "wires": []},
    ]


def _broker(stage: Stage) -> dict[str, Any]:
    return {
        "id": "broker",
        "type": "mqtt-broker",
        "broker": "127.0.0.1",
        "port": str(stage.broker_port),
        "clientid": "contest-node-red",
        "autoConnect": True,
        "usetls": False,
        "protocolVersion": "4",
        "keepalive": "60",
        "cleansession": False,
    }


def _influx(stage: Stage) -> dict[str, Any]:
    return {
        "id": "influx",
        "type": "influxdb",
        "influxdbVersion": "2.0",
        "url": stage.influx_url,
        "rejectUnauthorized": False,
        "timeout": 10,
    }
