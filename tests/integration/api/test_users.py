"""The file of users: read strictly, never guessed."""

import json
from pathlib import Path

import pytest

from api.users import BadUsersError, Users, hash_password
from jemput.roles import Role, User

ROW = {"role": "dispatcher", "password_sha256": hash_password("a-token")}


def load(folder: Path, text: str) -> Users:
    file = folder / "users.json"
    file.write_text(text)
    return Users.load(file)


def test_a_user_is_known_by_name_and_password(tmp_path: Path) -> None:
    users = load(tmp_path, json.dumps({"dian": ROW}))

    assert users.by_password("dian", "a-token") == User("dian", Role.DISPATCHER)
    assert users.by_password("dian", "a-tokem") is None
    assert users.by_password("budi", "a-token") is None


def test_the_stand_in_for_an_unknown_name_opens_nothing(tmp_path: Path) -> None:
    users = load(tmp_path, "{}")

    assert users.by_password("budi", "") is None
    assert users.by_password("budi", "0" * 64) is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{", "truncated"),
        ("[]", "object"),
        (json.dumps({"dian": {"role": "king", "password_sha256": ROW["password_sha256"]}}), "king"),
        (
            json.dumps({"dian": {"role": "operator", "password_sha256": "secret"}}),
            "password_sha256",
        ),
        (json.dumps({"dian": {**ROW, "password": "x"}}), "password"),
        (json.dumps({"Dian S": ROW}), "Dian S"),
    ],
)
def test_a_file_that_is_not_understood_says_what_to_write(
    tmp_path: Path, text: str, part: str
) -> None:
    with pytest.raises(BadUsersError, match="64 hex digits") as caught:
        load(tmp_path, text)

    assert part in str(caught.value)
    assert "users.json" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadUsersError, match="No such file"):
        Users.load(tmp_path / "users.json")
