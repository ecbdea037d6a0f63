"""The description for machines: what FastAPI makes of the routes, and what it cannot know."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.etags import describe_tags
from api.examples import add_examples
from api.idempotency import describe_key
from api.problems import MEDIA_TYPE
from api.shapes import FeatureCollection, Now, Town

REF: Final = "#/components/schemas/{model}"
BESIDES: Final = (FeatureCollection, Town, Now)
"""Shapes that leave as another media type than JSON: GeoJSON, and the data of events."""
NOT_OURS: Final = ("HTTPValidationError", "ValidationError")
"""FastAPI's own shapes of a request that is not understood."""
WHO: Final = "who_am_i"
"""It answers nobody too: that nobody is speaking."""
FIRST_ERROR: Final = 400
ABOUT: Final = """Waste bins that say how full they are, and people who are told in time.

A user sends a name and password (HTTP Basic), an API key (Bearer) or a session's cookie.
Operators and dispatchers move every pickup; a collector sees, accepts, collects and fails the
pickups that are theirs; an auditor reads everything. Who is of some sites sees and moves only
what is there. A demonstration may leave reading open to whoever reaches the address.

Times are Unix seconds of the run's clock. Errors are problems (RFC 9457) whose `type` is also
the address of a page that says what to do."""
TAGS: Final = [
    {"name": "pickups", "description": "What is to be emptied, why, and what became of it"},
    {"name": "acts", "description": "What people do to a pickup"},
    {"name": "bins", "description": "How full they are, and how they are set up"},
    {"name": "readings", "description": "What a bin was, over time"},
    {"name": "events", "description": "The town, live"},
    {"name": "session", "description": "Who is speaking"},
    {"name": "devices", "description": "Which sensor hangs where, and who is talking"},
    {"name": "registry", "description": "What the town has: sites, haltes, zones, collectors"},
    {"name": "files", "description": "Many bins at once"},
    {"name": "subscriptions", "description": "Other systems that are told of events"},
    {"name": "fiware", "description": "Bins and haltes for FIWARE's context brokers"},
    {"name": "audit", "description": "Who changed what"},
    {"name": "health", "description": "How the API does"},
]
"""In the order in which somebody new wants them; the paths are sorted by it."""


def add_description(app: FastAPI) -> None:
    """Serve our description at /openapi.json, made when it is first asked for."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an app's routes."""
    document: dict[str, Any] = get_openapi(
        title="Jemput", version="1", description=ABOUT, routes=app.routes, tags=TAGS
    )
    _, besides = models_json_schema(
        [(model, "serialization") for model in BESIDES], ref_template=REF
    )
    document["components"]["schemas"] |= besides["$defs"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "post" and path.startswith("/v1/") and "security" in operation:
                describe_key(operation, {"$ref": REF.format(model="Problem")})
            if operation["operationId"] == WHO:
                operation["security"].append({})
            _name_problems(operation["responses"])
    describe_tags(document)
    add_examples(document)
    document["paths"] = dict(sorted(document["paths"].items(), key=_rank))
    for name in NOT_OURS:
        document["components"]["schemas"].pop(name)
    return document


def _rank(path: tuple[str, dict[str, Any]]) -> int:
    names = [tag["name"] for tag in TAGS]
    return min(names.index(one["tags"][0]) for one in path[1].values())


def _name_problems(responses: dict[str, Any]) -> None:
    """Errors leave as problem+json; FastAPI knows only that they are JSON."""
    for status, response in list(responses.items()):
        # A model is given the media type of the route's own answer.
        content = response.get("content", {}).values()
        schema: dict[str, Any] = next(
            (one["schema"] for one in content if "$ref" in one.get("schema", ())), {}
        )
        if schema.get("$ref") == REF.format(model=NOT_OURS[0]):
            # An id is any text: an unknown one is not found, never misunderstood.
            del responses[status]
        elif int(status) >= FIRST_ERROR and schema.get("$ref") == REF.format(model="Problem"):
            response["content"] = {MEDIA_TYPE: {"schema": schema}}
