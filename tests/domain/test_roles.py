"""Who may do what, written out once more: a right given to a role by mistake is seen here."""

from typing import Final

import pytest

from jemput.roles import RIGHTS, Right, Role

ALL: Final = {Role.OPERATOR}
MAY: Final[dict[Right, set[Role]]] = {
    Right.READ: ALL | {Role.DISPATCHER, Role.DEVICE_ADMIN, Role.AUDITOR},
    Right.READ_OWN: set(Role),
    Right.MOVE: ALL | {Role.DISPATCHER},
    Right.MOVE_OWN: ALL | {Role.DISPATCHER, Role.COLLECTOR},
    Right.CHANGE_TOWN: ALL,
    Right.CHANGE_DEVICES: ALL | {Role.DEVICE_ADMIN},
    Right.CHANGE_ACCOUNTS: ALL,
    Right.CHANGE_SUBSCRIPTIONS: ALL,
    Right.READ_AUDIT: ALL | {Role.AUDITOR},
}


@pytest.mark.parametrize("right", Right)
def test_a_right_is_of_these_roles_and_no_other(right: Right) -> None:
    assert {role for role in Role if right in RIGHTS[role]} == MAY[right]


def test_an_auditor_changes_nothing() -> None:
    assert RIGHTS[Role.AUDITOR] <= {Right.READ, Right.READ_OWN, Right.READ_AUDIT}
