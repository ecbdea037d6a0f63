"""Devices: who may speak, on which bin each hangs, and who is talking that hangs nowhere."""

from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Body, Depends, Path, Query, Response

from api import device_shapes as shapes
from api import problems
from api.dependencies import may_be
from api.device_desk import DeviceDesk, DeviceReader, by_id, shown
from api.listing import USUAL, Cursor, Limit, Search, has, page
from api.problems import ProblemError
from api.registrar import OF_LISTING, OF_ONE, OF_READING
from api.speaking import needs
from jemput.roles import Right

DeviceId = Annotated[str, Path(description="A device's id", examples=["d-0001"])]
ReaderOf = Annotated[DeviceReader, Depends()]
DeskOf = Annotated[DeviceDesk, Depends()]
OF_CHANGING: Final = may_be(
    *problems.OF_SPEAKING,
    problems.NOT_YOURS,
    problems.FROM_ELSEWHERE,
    problems.NOT_FOUND,
    problems.REFUSED_CHANGE,
    problems.INVALID_REQUEST,
)
READS: Final = [needs(Right.READ)]
CHANGES: Final = [needs(Right.CHANGE_DEVICES)]
router = APIRouter(tags=["devices"])


@router.get(
    "/v1/devices",
    operation_id="list_devices",
    summary="Devices",
    dependencies=READS,
    responses=OF_LISTING,
)
def list_devices(  # noqa: PLR0913, PLR0917 - what a list can be asked for
    reader: ReaderOf,
    q: Search = None,
    bound: Annotated[
        bool | None, Query(description="Only those that hang on a bin, or not")
    ] = None,
    revoked: Annotated[bool | None, Query(description="Whether it is revoked")] = None,
    sort: Literal["id", "-id"] = "id",
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> shapes.Devices:
    """Devices, a page at a time: whoever has an account, or ever hung on a bin."""
    found = [
        one
        for one in reader.list()
        if has(q, one.id)
        and (bound is None or bound is (one.bin is not None))
        and (revoked is None or revoked is one.is_revoked)
    ]
    some = page(found, by_id(sort), limit, cursor)
    return shapes.Devices(devices=[shown(one) for one in some.items], next=some.next)


@router.get(
    "/v1/devices/unknown",
    operation_id="list_strangers",
    summary="Somebody is talking: who is it?",
    dependencies=READS,
    responses=OF_READING,
)
def list_strangers(reader: ReaderOf) -> shapes.Strangers:
    """Devices that hang on no bin, and what is held of each until it is bound."""
    if not reader.viewer.sees_all:
        message = "whoever hangs nowhere may be of any site, and you are of some"
        raise ProblemError(problems.NOT_YOURS, message)
    registry = reader.services.registry.look()
    found = reader.kept.strangers.listed(registry, reader.now_ms // 1000)
    return shapes.Strangers(
        strangers=[shapes.Stranger(**msgspec.structs.asdict(one)) for one in found]
    )


@router.get(
    "/v1/devices/{device_id}",
    operation_id="get_device",
    summary="One device",
    dependencies=READS,
    responses=OF_ONE,
)
def get_device(reader: ReaderOf, device_id: DeviceId) -> shapes.Device:
    """One device, and on which bins it hung."""
    return shown(reader.find(device_id))


@router.post(
    "/v1/devices",
    operation_id="provision_device",
    summary="Let a device in",
    status_code=201,
    dependencies=CHANGES,
    responses=OF_CHANGING,
)
def provision_device(
    desk: DeskOf, body: shapes.NewDevice, response: Response
) -> shapes.DeviceWithPassword:
    """Make its account: the broker lets it in within seconds. The password is shown this once."""
    made = desk.provision(body)
    response.headers["Location"] = f"/v1/devices/{made.id}"
    response.headers["Cache-Control"] = "no-store"
    return made


@router.post(
    "/v1/devices/{device_id}/rotate",
    operation_id="rotate_device",
    summary="Give it another password",
    dependencies=CHANGES,
    responses=OF_CHANGING,
)
def rotate_device(
    desk: DeskOf, device_id: DeviceId, response: Response
) -> shapes.DeviceWithPassword:
    """The old password ends within seconds; the new one is shown this once."""
    response.headers["Cache-Control"] = "no-store"
    return desk.rotate(device_id)


@router.post(
    "/v1/devices/{device_id}/revoke",
    operation_id="revoke_device",
    summary="Let it in no more",
    dependencies=CHANGES,
    responses=OF_CHANGING,
)
def revoke_device(desk: DeskOf, device_id: DeviceId) -> shapes.Device:
    """End its account: the broker cuts it off within seconds. Its history stays."""
    return desk.revoke(device_id)


@router.post(
    "/v1/devices/{device_id}/bind",
    operation_id="bind_device",
    summary="Hang it on a bin",
    dependencies=CHANGES,
    responses=OF_CHANGING,
)
def bind_device(desk: DeskOf, device_id: DeviceId, body: shapes.Hanging) -> shapes.Device:
    """Hang it on a bin that has none. What is held of it since then is the bin's from now on."""
    return desk.bind(device_id, body)


@router.post(
    "/v1/devices/{device_id}/swap",
    operation_id="swap_device",
    summary="Hang it on a bin in place of another",
    dependencies=CHANGES,
    responses=OF_CHANGING,
)
def swap_device(desk: DeskOf, device_id: DeviceId, body: shapes.Hanging) -> shapes.Device:
    """The bin keeps its history; the device that hung there is down from then on."""
    return desk.swap(device_id, body)


@router.post(
    "/v1/devices/{device_id}/take-down",
    operation_id="take_device_down",
    summary="Take it from its bin",
    dependencies=CHANGES,
    responses=OF_CHANGING,
)
def take_device_down(
    desk: DeskOf,
    device_id: DeviceId,
    body: Annotated[shapes.TakingDown | None, Body()] = None,
) -> shapes.Device:
    """It hangs on no bin from then on; the history stays with the bin."""
    return desk.take_down(device_id, body)
