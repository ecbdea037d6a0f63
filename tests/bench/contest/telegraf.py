"""Telegraf, built with only what it needs here."""

from typing import Final

from tests.bench.contest.caches import cache, make, tool
from tests.bench.contest.contender import BUCKET, ORG, READINGS, TOKEN, Stage
from tests.bench.contest.processes import Program

VERSION: Final = "v1.39.0"
MODULE: Final = "github.com/influxdata/telegraf"
TAGS: Final = "custom,inputs.mqtt_consumer,outputs.influxdb_v2,parsers.json"
CONFIG: Final = """\
[agent]
  interval = "1s"
  flush_interval = "1s"
  metric_batch_size = 1000
  metric_buffer_limit = 100000
  omit_hostname = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://127.0.0.1:{port}"]
  topics = ["{readings}"]
  topic_tag = ""
  qos = 1
  persistent_session = true
  client_id = "contest-telegraf"
  max_undelivered_messages = 2000
  name_override = "reading"
  data_format = "json"
  json_query = "readings"
  json_string_fields = ["clock", "quality"]
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "{readings}"
    tags = "_/_/site/device/_"
[[outputs.influxdb_v2]]
  urls = ["{influx}"]
  token = "{token}"
  organization = "{org}"
  bucket = "{bucket}"
  content_encoding = "identity"
"""


class Telegraf:
    """mqtt_consumer with a persistent session at QoS 1, json, influxdb_v2."""

    name = "telegraf"
    title = f"Telegraf {VERSION[1:]}"
    per_s = 20_000

    def __init__(self) -> None:
        """Nothing is built yet."""
        self._folder = cache(f"telegraf-{VERSION}")
        self._binary = self._folder / "telegraf"

    def prepare(self) -> None:
        """Build it by the Go toolchain, once; half a minute to some minutes."""
        if self._binary.exists():
            return
        go = tool("go", "golang-go")
        if not (self._folder / "go.mod").exists():
            make([go, "mod", "init", "bench"], self._folder)
        make([go, "get", f"{MODULE}@{VERSION}"], self._folder)
        build = [go, "build", "-tags", TAGS, "-o", str(self._binary), f"{MODULE}/cmd/telegraf"]
        make(build, self._folder, {"GOFLAGS": "-mod=mod"})

    def start(self, stage: Stage) -> Program:
        """See `Contender.start`."""
        folder = stage.folder / self.name
        folder.mkdir(exist_ok=True)
        config = folder / "telegraf.conf"
        config.write_text(
            CONFIG.format(
                port=stage.broker_port,
                readings=READINGS,
                influx=stage.influx_url,
                token=TOKEN,
                org=ORG,
                bucket=BUCKET,
            )
        )
        return Program([str(self._binary), "--config", str(config)], {}, folder)
