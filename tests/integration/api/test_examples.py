"""Examples of the description: of every operation, as a real API really answers, and valid."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from api.examples import FILE
from tests.integration.api.examples import COMMAND, record, text
from tests.integration.api.test_openapi import COMMITTED, OPERATIONS

FIRST_ERROR: Final = 400
WITHOUT_ERROR: Final = {"get_context", "is_alive"}
"""They answer everybody, whatever is asked."""
WITHOUT_BODY: Final = {"sign_out", "retire_subscription"}
BY_ID: Final = {one["operationId"]: one for one in OPERATIONS.values()}


def test_what_is_written_is_what_is_answered(tmp_path: Path) -> None:
    """Every request is sent again, to a real API over a town of its own."""
    assert text(record(tmp_path)) == FILE.read_text(), f"run {COMMAND} and python -m api.openapi"


@pytest.mark.parametrize("name", BY_ID)
def test_an_operation_shows_a_request_a_success_and_an_error(name: str) -> None:
    told = json.loads(FILE.read_text()).get(name)
    assert told, f"tests/integration/api/example_story.py asks nothing of {name}"
    operation = BY_ID[name]
    shown = {int(status) for status, one in operation["responses"].items() if _example(one)}
    expected = {int(status) for status in told["answers"]}

    if "requestBody" in operation:
        assert _example(operation["requestBody"])
    if name not in WITHOUT_BODY:
        assert any(status < FIRST_ERROR for status in shown)
        assert expected <= shown
    assert name in WITHOUT_ERROR or any(status >= FIRST_ERROR for status in shown)


@pytest.mark.parametrize("name", BY_ID)
def test_an_example_is_as_its_schema_says(name: str) -> None:
    operation = BY_ID[name]
    shapes = [*operation["responses"].values()]
    shapes += [operation["requestBody"]] if "requestBody" in operation else []
    contents = [one for shape in shapes for one in shape.get("content", {}).values()]
    shown = [one for one in contents if "example" in one and "schema" in one]

    assert shown or name in {"listen", *WITHOUT_BODY}
    for one in shown:
        _validator(one["schema"]).validate(one["example"])


def test_an_example_that_does_not_fit_would_be_found() -> None:
    sites = BY_ID["list_sites"]["responses"]["200"]["content"]["application/json"]
    wrong = {**sites["example"], "sites": [{"id": "Not An Id"}]}

    assert not _validator(sites["schema"]).is_valid(wrong)


def _example(shape: dict[str, Any]) -> object:
    return next(
        (one["example"] for one in shape.get("content", {}).values() if "example" in one), None
    )


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": COMMITTED["components"]})
