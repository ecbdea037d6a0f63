"""What a device may say that claims its account; and nothing of it is quoted where it may not."""

import pytest

from jemput.claim import LARGEST_BYTES, ClaimError, decode

WORD = "mB3xZk0-Qw_tYu8sLp5vNc"


def test_a_password_is_taken_and_what_is_unknown_is_ignored() -> None:
    assert decode(b'{"v":1,"password":"%s"}' % WORD.encode()) == WORD
    assert decode(b'{"v":1,"later":[1],"password":"%s"}' % (b"a" * 64)) == "a" * 64


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "it is not"),
        (b"\xff", "it is not"),
        (b"[]", "it is not"),
        (b'{"v":1}', "it is not"),
        (b'{"v":1,"password":7}', "it is not"),
        (b'{"v":2,"password":"%s"}' % WORD.encode(), "v is not 1"),
        (b'{"v":1,"password":"%s"}' % WORD[1:].encode(), "22 to 64"),
        (b'{"v":1,"password":"%s"}' % (b"a" * 65), "22 to 64"),
        (b'{"v":1,"password":"%s "}' % WORD.encode(), "22 to 64"),
        (b'{"v":1,"password":"%s\\n"}' % WORD.encode(), "22 to 64"),
        (b" " * (LARGEST_BYTES + 1), "longer than"),
    ],
)
def test_what_cannot_be_taken_is_not_quoted(said: bytes, why: str) -> None:
    with pytest.raises(ClaimError, match=why) as refused:
        decode(said)

    assert WORD[1:] not in str(refused.value)
    assert refused.value.__cause__ is None
