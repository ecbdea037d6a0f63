"""docs/asyncapi.yaml is AsyncAPI 3, and says what the code does."""

import copy
import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator

from jemput import claim, payload, topics
from jemput.reading import Clock, Quality
from jemput.remote import configuration, update
from jemput.remote.command import Command
from jemput.remote.status import Status
from tests.shape.tree import ROOT

SPEC: Final[dict[str, Any]] = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text())
WIRE: Final = ROOT / "tests/contract/wire"
GOLDEN: Final = sorted(WIRE.glob("*.json"))

_REF: Final = {"type": "object", "required": ["$ref"], "additionalProperties": False}
_REF["properties"] = {"$ref": {"type": "string", "pattern": "^#/"}}
_REFS: Final = {"type": "object", "minProperties": 1, "additionalProperties": _REF}
ASYNCAPI_3: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "id": {"type": "string", "pattern": "^urn:"},
        "defaultContentType": {"const": "application/json"},
        "info": {"type": "object", "required": ["title", "version"]},
        "channels": {
            "additionalProperties": {
                "type": "object",
                "required": ["address", "messages"],
                "properties": {
                    "address": {"type": "string"},
                    "description": {"type": "string"},
                    "parameters": _REFS,
                    "messages": _REFS,
                },
                "additionalProperties": False,
            }
        },
        "operations": {
            "additionalProperties": {
                "type": "object",
                "required": ["action", "channel"],
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": _REF,
                    "summary": {"type": "string"},
                    "messages": {"type": "array", "items": _REF},
                },
                "additionalProperties": False,
            }
        },
        "components": {
            "type": "object",
            "properties": {
                "parameters": {"type": "object"},
                "messages": {
                    "additionalProperties": {"required": ["name", "payload", "examples"]},
                },
                "schemas": {"additionalProperties": {"type": "object"}},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}


def references(part: object) -> list[str]:
    """Every `$ref` below."""
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [ref for value in part.values() for ref in references(value)]
    return [ref for value in part for ref in references(value)] if isinstance(part, list) else []


def resolve(ref: str) -> Any:  # noqa: ANN401 - whatever stands there
    """What a local `$ref` points at. Raises `KeyError`."""
    found: Any = SPEC
    for step in ref.removeprefix("#/").split("/"):
        found = found[step]
    return found


def validator(schema: str) -> Draft7Validator:
    """AsyncAPI's own schemas are JSON Schema draft 7."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": SPEC["components"]}
    return Draft7Validator(whole)


def schema_of(file: Path) -> str:
    name = file.stem.partition("-")[0]
    return name if name in {"ack", "status", "claim", "config", "command", "update"} else "message"


def test_it_is_asyncapi_3() -> None:
    broken = {**SPEC, "channels": {"reading": {"messages": {}}}}

    assert [error.message for error in Draft7Validator(ASYNCAPI_3).iter_errors(SPEC)] == []
    assert not Draft7Validator(ASYNCAPI_3).is_valid(broken)
    for name in SPEC["components"]["schemas"]:
        Draft7Validator.check_schema(SPEC["components"]["schemas"][name])


def test_every_reference_leads_somewhere() -> None:
    assert all(resolve(ref) for ref in references(SPEC))


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_golden_files_are_valid(file: Path) -> None:
    validator(schema_of(file)).validate(json.loads(file.read_bytes()))


def test_examples_are_the_golden_files() -> None:
    for message in SPEC["components"]["messages"].values():
        for example in message["examples"]:
            golden = json.loads((WIRE / f"{example['name']}.json").read_bytes())
            assert example["payload"] == golden


def test_addresses_are_those_of_the_host() -> None:
    addresses = {name: channel["address"] for name, channel in SPEC["channels"].items()}

    assert addresses == {
        "reading": topics.reading("{site}", "{device}"),
        "ack": topics.ack("{site}", "{device}"),
        "status": "jemput/v1/{site}/{device}/status",
        "claim": topics.claim("{site}", "{device}"),
        "config": topics.told("{site}", "{device}", "config"),
        "command": topics.told("{site}", "{device}", "command"),
        "update": topics.told("{site}", "{device}", "update"),
        "piece": "jemput/v1/files/{sha256}/{number}",
    }


def test_limits_and_words_are_those_of_the_host() -> None:
    message = SPEC["components"]["schemas"]["message"]["properties"]
    reading = SPEC["components"]["schemas"]["reading"]["properties"]

    assert message["readings"]["maxItems"] == payload.MAX_READINGS
    assert message["kept"]["maxItems"] == payload.MAX_KEPT
    assert reading["quality"]["enum"] == list(Quality)
    assert reading["clock"]["enum"] == list(Clock)
    assert list(reading) == list(payload.WireReading.__struct_fields__)


def test_what_a_device_takes_is_what_the_host_says() -> None:
    schemas = SPEC["components"]["schemas"]
    config = {name: one for name, one in schemas["config"]["properties"].items() if name[0] != "v"}

    assert {name: (one["minimum"], one["maximum"]) for name, one in config.items()} == {
        name: (field.least, field.most) for name, field in configuration.FIELDS.items()
    }
    assert schemas["command"]["properties"]["do"]["enum"] == list(Command)
    assert schemas["update"]["properties"]["size"]["maximum"] == update.MAX_LIST_BYTES
    assert set(schemas["status"]["properties"]) == set(Status.__struct_fields__)
    assert schemas["claim"]["properties"]["password"]["pattern"] == f"^{claim.PASSWORD}$"


def bounds() -> list[tuple[str, int]]:
    """Every bounded field with values at its edges and one beyond each."""
    fields = SPEC["components"]["schemas"]["reading"]["properties"]
    found = []
    for name, field in fields.items():
        rule = resolve(field["$ref"]) if "$ref" in field else field
        if "minimum" in rule:
            low, high = rule["minimum"], rule["maximum"]
            found += [(name, value) for value in (low - 1, low, high, high + 1)]
    return found


@pytest.mark.parametrize(("field", "value"), bounds())
def test_schema_and_host_take_and_refuse_the_same(field: str, value: int) -> None:
    message = copy.deepcopy(json.loads((WIRE / "single.json").read_bytes()))
    message["readings"][0][field] = value

    assert validator("message").is_valid(message) == taken(message)


@pytest.mark.parametrize("quality", Quality)
@pytest.mark.parametrize("distance_mm", [None, 500])
def test_a_fault_is_no_distance_on_either_side(quality: str, distance_mm: int | None) -> None:
    message = json.loads((WIRE / "single.json").read_bytes())
    message["readings"][0] |= {"quality": quality, "distance_mm": distance_mm}

    assert validator("message").is_valid(message) == taken(message)


def taken(message: object) -> bool:
    """Whether the host reads it."""
    try:
        payload.decode(msgspec.json.encode(message))
    except payload.PayloadError:
        return False
    return True
