"""Where a webhook may go, and how it is signed."""

import pytest

from jemput.webhooks import (
    MOST_OLD,
    BadUrlError,
    check_url,
    rotated,
    secret_of,
    signature,
    signatures,
    signing,
)


@pytest.mark.parametrize(
    "url",
    [
        "https://dlh.example/hook?x=1",
        "http://dlh.example:8080/",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/hook",
    ],
)
def test_what_may_be(url: str) -> None:
    check_url(url, to_lan=False)


@pytest.mark.parametrize("host", ["10.1.2.3", "192.168.0.7", "127.0.0.1", "[::1]", "[fd00::1]"])
def test_a_private_network_needs_the_setting(host: str) -> None:
    check_url(f"http://{host}/", to_lan=True)
    with pytest.raises(BadUrlError, match="JEMPUT_WEBHOOKS_TO_LAN=true allows"):
        check_url(f"http://{host}/", to_lan=False)


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "0.0.0.0", "224.0.0.1", "[fe80::1]", "[ff02::1]", "[64:ff9b::a00:1]"],  # noqa: S104
)
def test_nobodys_address_never(host: str) -> None:
    with pytest.raises(BadUrlError, match="nobody's address"):
        check_url(f"http://{host}/", to_lan=True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://dlh.example/", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("dlh.example/hook", "http:// or https://"),
        ("http:///hook", "a host"),
        ("https://sri:secret@dlh.example/", "leave out user"),
        ("https://dlh.example/#there", "leave out user"),
        ("https://dlh.example:99999/", "no URL"),
        ("https://[::1/", "no URL"),
        ("https://dlh.example/a b", "without spaces"),
        ("https://dlh.example/\n", "without spaces"),
        ("https://dlh.example/" + "x" * 2000, "2000"),
        ("https://[::ffff:10.0.0.1]/", "private network"),
    ],
)
def test_what_may_not_be(url: str, why: str) -> None:
    with pytest.raises(BadUrlError, match=why):
        check_url(url, to_lan=False)


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of standardwebhooks.com's specification."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - published
    body = b'{"test": 2432232314}'
    told = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert secret_of(b"\x00" * 32) == "whsec_" + "A" * 43 + "="


A, B, C = (secret_of(one * 32) for one in (b"a", b"b", b"c"))


def test_an_old_secret_signs_beside_the_new_one_until_it_ends() -> None:
    kept = rotated(A, B, now_ms=0, until_ms=100)

    assert signing(kept, 99) == [B, A]
    assert signing(kept, 100) == [B]
    body = b"{}"
    both = [signature(one, "x", 1, body) for one in (B, A)]
    assert signatures(signing(kept, 99), "x", 1, body).split(" ") == both


def test_one_that_was_rotated_twice_is_still_known_to_who_has_the_first() -> None:
    kept = rotated(A, B, now_ms=0, until_ms=100)

    assert signing(rotated(kept, C, now_ms=50, until_ms=150), 60) == [
        C,
        B,
        A,
    ]
    assert signing(rotated(kept, C, now_ms=50, until_ms=150), 120) == [C, B]
    assert signing(rotated(kept, C, now_ms=50, until_ms=50), 51) == [C]
    for number in range(9):
        kept = rotated(kept, secret_of(bytes([number]) * 32), now_ms=50, until_ms=150)
    assert len(signing(kept, 60)) == 1 + MOST_OLD
