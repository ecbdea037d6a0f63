"""Collectors' own apps at the MQTT broker: let in, given another password, let in no more."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Response

from api import problems
from api.dependencies import ServicesOf, may_be
from api.device_desk import refused_plainly
from api.device_shapes import CollectorApp, CollectorAppWithPassword
from api.problems import ProblemError
from api.reader import unknown
from api.registrar import OF_ONE
from api.seeing import is_seen, may_change
from api.speaking import UserOf, ViewerOf, needs
from jemput.broker.account import collector_account, new_password
from jemput.broker.hashing import hashed
from jemput.hashes import Hashes
from jemput.roles import Right
from jemput.store.collector_accounts import CollectorAccount, CollectorAccounts

CollectorId = Annotated[str, Path(description="A collector's id", examples=["budi"])]
OF_CHANGING: Final = may_be(
    *problems.OF_SPEAKING,
    problems.NOT_YOURS,
    problems.FROM_ELSEWHERE,
    problems.NOT_FOUND,
    problems.REFUSED_CHANGE,
)
CHANGES: Final = [needs(Right.CHANGE_ACCOUNTS)]
router = APIRouter(tags=["registry"])


class AppReader:
    """Somebody who looks at collectors' apps."""

    def __init__(self, services: ServicesOf, viewer: ViewerOf) -> None:
        """Take who is speaking."""
        self.services = services
        self.viewer = viewer
        self.kept = CollectorAccounts(services.registry)

    def find(self, collector: str) -> CollectorAccount | None:
        """What a collector's app may. Raises the problem where there is none that they see."""
        if not is_seen(self.services.registry.look(), self.viewer, "collector", collector):
            raise unknown("collector", collector)
        return self.kept.get(collector)

    def shown(self, collector: str) -> CollectorApp:
        """It, as it is shown."""
        return _shown(collector, self.find(collector))


class AppDesk(AppReader):
    """Somebody who lets collectors' apps in."""

    def __init__(self, services: ServicesOf, viewer: ViewerOf, user: UserOf) -> None:
        """Take who is speaking."""
        super().__init__(services, viewer)
        self.user = user

    def check(self, collector: str) -> CollectorAccount | None:
        """What it may now. Raises the problem where it is not theirs to change."""
        found = self.find(collector)
        if not may_change(self.services.registry.look(), self.user, "collector", collector):
            message = f"collector {collector} is not only of your sites; ask an operator"
            raise ProblemError(problems.NOT_YOURS, message)
        return found

    def provision(self, collector: str) -> CollectorAppWithPassword:
        """Let it in."""
        self.check(collector)
        password, now_ms = new_password(), self.services.clock.now_ms()
        with refused_plainly():
            self.kept.provision(collector, hashed(password), by=self.user.name, now_ms=now_ms)
        return CollectorAppWithPassword(**dict(self.shown(collector)), password=password)

    def rotate(self, collector: str) -> CollectorAppWithPassword:
        """Give it another password."""
        self.check(collector)
        password, now_ms = new_password(), self.services.clock.now_ms()
        with refused_plainly():
            self.kept.rotate(collector, hashed(password), by=self.user.name, now_ms=now_ms)
        return CollectorAppWithPassword(**dict(self.shown(collector)), password=password)

    def revoke(self, collector: str) -> CollectorApp:
        """Let it in no more; one that is revoked stays so."""
        found = self.check(collector)
        if found is None or found.revoked_ms is None:
            now_ms = self.services.clock.now_ms()
            with refused_plainly():
                self.kept.revoke(collector, by=self.user.name, now_ms=now_ms)
        return self.shown(collector)


ReaderOf = Annotated[AppReader, Depends()]
DeskOf = Annotated[AppDesk, Depends()]


@router.get(
    "/v1/collectors/{collector_id}/app",
    operation_id="get_collector_app",
    summary="Whether a collector's app may hear their alerts by MQTT",
    dependencies=[needs(Right.READ)],
    responses=OF_ONE,
)
def get_collector_app(reader: ReaderOf, collector_id: CollectorId) -> CollectorApp:
    """The account of their own app at the broker, without its password."""
    return reader.shown(collector_id)


@router.post(
    "/v1/collectors/{collector_id}/app",
    operation_id="provision_collector_app",
    summary="Let a collector's app in",
    status_code=201,
    dependencies=CHANGES,
    responses=OF_CHANGING,
)
def provision_collector_app(
    desk: DeskOf, collector_id: CollectorId, response: Response
) -> CollectorAppWithPassword:
    """It hears their own alerts and says nothing, within seconds. The password is shown once."""
    made = desk.provision(collector_id)
    response.headers["Location"] = f"/v1/collectors/{collector_id}/app"
    response.headers["Cache-Control"] = "no-store"
    return made


@router.post(
    "/v1/collectors/{collector_id}/app/rotate",
    operation_id="rotate_collector_app",
    summary="Give it another password",
    dependencies=CHANGES,
    responses=OF_CHANGING,
)
def rotate_collector_app(
    desk: DeskOf, collector_id: CollectorId, response: Response
) -> CollectorAppWithPassword:
    """The old password ends within seconds; the new one is shown this once."""
    response.headers["Cache-Control"] = "no-store"
    return desk.rotate(collector_id)


@router.post(
    "/v1/collectors/{collector_id}/app/revoke",
    operation_id="revoke_collector_app",
    summary="Let it in no more",
    dependencies=CHANGES,
    responses=OF_CHANGING,
)
def revoke_collector_app(desk: DeskOf, collector_id: CollectorId) -> CollectorApp:
    """The broker cuts it off within seconds. The collector stays, with the other channels."""
    return desk.revoke(collector_id)


def _shown(collector: str, found: CollectorAccount | None) -> CollectorApp:
    account = collector_account(collector, Hashes("", ""))
    revoked_ms = found.revoked_ms if found else None
    return CollectorApp(
        collector=collector,
        user=account.name,
        topic=account.subscribe[0],
        may_hear=found is not None and revoked_ms is None,
        is_told=found is not None and found.is_told,
        provisioned_at_s=found.created_ms // 1000 if found else None,
        revoked_at_s=revoked_ms // 1000 if revoked_ms is not None else None,
    )
