"""What schemathesis cannot know of the API: a key is drawn anew for each deed."""

import re
from typing import Any
from uuid import uuid4

import schemathesis

from api.idempotency import HEADER, PATTERN


@schemathesis.hook
def before_call(
    _context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, object]
) -> None:
    """Put a fresh key where a good one is; bad ones stay, to be refused."""
    headers = case.headers
    if headers and re.fullmatch(PATTERN, str(headers.get(HEADER, ""))):
        headers[HEADER] = str(uuid4())
