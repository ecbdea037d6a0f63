"""docs/alerts.md shows what is really sent, and its example really checks signatures."""

import json
import re
import time
from pathlib import Path
from typing import Any, Final

from ingest.alerts.channels import signature
from jemput.decisions import AlertKind
from jemput.pickup import Reason

HERE: Final = Path(__file__).parent
PAGE: Final = (HERE.parents[2] / "docs/alerts.md").read_text()
BODY: Final = b'{"v":1}'
SECRET: Final = "a-secret-for-tests"  # noqa: S105 - of no receiver at all


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, f"no {language} in docs/alerts.md"
    return found[1]


def is_genuine(header: str, body: bytes = BODY, secret: str = SECRET) -> bool:
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102 - our own page
    answer: bool = names["is_genuine"](header, body, secret)
    return answer


def test_the_message_shown_is_the_golden_one() -> None:
    shown, golden = json.loads(block("json")), json.loads((HERE / "pickup.id.json").read_text())
    first_line = golden["text"].partition("\n")[0]

    assert shown.pop("text") == f"{first_line}\n..."
    del golden["text"]
    assert shown == golden


def test_every_kind_and_reason_is_explained() -> None:
    for word in (*AlertKind, *Reason):
        assert f"`{word}`" in PAGE


def test_the_example_takes_what_we_sign_and_nothing_else() -> None:
    header = signature(SECRET, BODY, time.time())

    assert is_genuine(header)
    assert not is_genuine(header, body=BODY + b" ")
    assert not is_genuine(header, secret="another")  # noqa: S106 - of nobody
    assert not is_genuine("")


def test_the_example_refuses_what_is_old() -> None:
    assert not is_genuine(signature(SECRET, BODY, time.time() - 3600))
