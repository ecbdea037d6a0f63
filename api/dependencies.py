"""What routes ask for: the services, the town, and who is speaking."""

from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from api import problems
from api.live import Feed
from api.meters import Meters
from api.problems import ProblemError
from api.services import Services
from api.shapes import Problem
from api.town import Town
from jemput.roles import User

CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="jemput", charset="UTF-8"'}
OWN_ORIGIN: Final = frozenset({"same-origin", "none"})
basic = HTTPBasic(
    auto_error=False, description="A user of the file that the process was started with"
)


def services(request: Request) -> Services:
    """What the app stands on."""
    found: Services = request.app.state.services
    return found


def feed(request: Request) -> Feed:
    """The live feed."""
    found: Feed = request.app.state.feed
    return found


def meters(request: Request) -> Meters:
    """The app's metrics."""
    found: Meters = request.app.state.meters
    return found


def town(services: "ServicesOf") -> Town:
    """The town as it is shown."""
    return Town(services)


def user(
    request: Request,
    services: "ServicesOf",
    credentials: Annotated[HTTPBasicCredentials | None, Depends(basic)],
) -> User:
    """Who is speaking. A browser that another site sends here is refused, whoever uses it."""
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN_ORIGIN:
        raise ProblemError(problems.FROM_ELSEWHERE, "the browser says that another site asked")
    if credentials is None:
        raise ProblemError(problems.NO_USER, "moving a pickup needs a user", CHALLENGE)
    found = services.users.by_password(credentials.username, credentials.password)
    if found is None:
        raise ProblemError(problems.NO_USER, "no user has this name and password", CHALLENGE)
    return found


ServicesOf = Annotated[Services, Depends(services)]
FeedOf = Annotated[Feed, Depends(feed)]
MetersOf = Annotated[Meters, Depends(meters)]
TownOf = Annotated[Town, Depends(town)]
UserOf = Annotated[User, Depends(user)]


def may_be(*kinds: problems.Kind) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for its description."""
    by_status: dict[int | str, list[str]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(f"{kind.title} (`{kind.type}`)")
    return {
        status: {"model": Problem, "description": "; ".join(titles)}
        for status, titles in by_status.items()
    }
