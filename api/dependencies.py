"""What routes ask for of the app: the services, the feed, the meters.

What waits for nothing is async only so that it does not cost a thread's turn.
"""

from typing import Annotated, Any

from fastapi import Depends, Request

from api import problems
from api.live import Feed
from api.meters import Meters
from api.roll import Roll
from api.services import Services
from api.shapes import Problem


async def services(request: Request) -> Services:
    """What the app stands on."""
    found: Services = request.app.state.services
    return found


async def feed(request: Request) -> Feed:
    """The live feed."""
    found: Feed = request.app.state.feed
    return found


async def meters(request: Request) -> Meters:
    """The app's metrics."""
    found: Meters = request.app.state.meters
    return found


async def roll(request: Request) -> Roll:
    """The roll of bins."""
    found: Roll = request.app.state.roll
    return found


ServicesOf = Annotated[Services, Depends(services)]
FeedOf = Annotated[Feed, Depends(feed)]
MetersOf = Annotated[Meters, Depends(meters)]
RollOf = Annotated[Roll, Depends(roll)]


def may_be(*kinds: problems.Kind) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for its description."""
    by_status: dict[int | str, list[str]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(f"{kind.title} (`{kind.type}`)")
    return {
        status: {"model": Problem, "description": "; ".join(titles)}
        for status, titles in by_status.items()
    }
