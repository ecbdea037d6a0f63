"""HTTP Basic with UTF-8, as RFC 7617 has it and our challenge says."""

from base64 import b64decode

from fastapi.security import HTTPBasic, HTTPBasicCredentials
from starlette.requests import HTTPConnection


class Utf8Basic(HTTPBasic):
    """FastAPI's own takes ASCII only, and people choose passwords in their own letters."""

    async def __call__(  # type: ignore[override]  # theirs is marked so too
        self, request: HTTPConnection
    ) -> HTTPBasicCredentials | None:
        """Name and password; None where there are none that can be read."""
        scheme, _, told = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            name, colon, password = b64decode(told.strip()).decode().partition(":")
        except ValueError:
            return None
        return HTTPBasicCredentials(username=name, password=password) if colon else None
