"""One spelling for an origin, and one identity for a gateway."""

from __future__ import annotations

import pytest

from campaign.model import i18n
from campaign.model.origin import check_origin, gateway_identity, is_loopback

VENDOR = "https://sms.bizservice.iwinv.kr"


@pytest.mark.parametrize(
    "spelling",
    [
        "https://sms.bizservice.iwinv.kr/",
        "https://sms.bizservice.iwinv.kr:443",
        "https://sms.bizservice.iwinv.kr.",
        "https://sms.bizservice.iwinv.kr.:443/",
        "HTTPS://SMS.BizService.iwinv.KR",
        "  https://sms.bizservice.iwinv.kr  ",
        "https://ｓｍｓ.bizservice.iwinv.kr",  # letters of full width, as a Korean keyboard may give them
    ],
)
def test_an_origin_has_one_spelling(spelling: str) -> None:
    assert check_origin(spelling) == VENDOR
    assert gateway_identity(spelling) == VENDOR


def test_a_host_in_hangul_is_the_host_of_its_ascii_form() -> None:
    assert check_origin("https://문자.kr") == check_origin("https://xn--z92bu9t.kr:443")


def test_addresses_have_one_spelling() -> None:
    assert check_origin("https://[2001:DB8:0::1]:8443") == "https://[2001:db8::1]:8443"
    assert check_origin("https://[::ffff:192.0.2.1]") == check_origin("https://192.0.2.1:443") == "https://192.0.2.1"


@pytest.mark.parametrize(
    "name", ["localhost", "LOCALHOST.", "127.0.0.1", "127.0.0.1.", "127.1", "0x7f.1", "2130706433", "[::1]", "[0:0::1]"]
)
def test_the_names_of_this_machine_are_one_gateway(name: str) -> None:
    assert gateway_identity(f"http://{name}:8025") == "http://127.0.0.1:8025"
    assert gateway_identity(f"http://{name}:80") == gateway_identity(f"http://{name}") == "http://127.0.0.1"
    assert is_loopback(name.strip("[]"))


def test_the_address_that_is_called_stays_the_one_that_was_given() -> None:
    assert check_origin("http://localhost:8025") == "http://localhost:8025"
    assert check_origin("http://[::1]:8025") == "http://[::1]:8025"


def test_other_ports_hosts_and_schemes_are_other_gateways() -> None:
    origins = [
        VENDOR,
        f"{VENDOR}:8443",
        "https://sms.example.kr",
        "http://localhost:8025",
        "http://localhost:8026",
        "https://localhost:8025",
        "sandbox",
    ]
    assert len({gateway_identity(origin) for origin in origins}) == 7


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("sms.example.kr", "expected an origin"),
        ("ftp://sms.example.kr", "expected an origin"),
        ("https://sms.example.kr/api", "scheme, host and port only"),
        ("http://sms.example.kr", "plain http"),
        ("https://sms.example.kr:0", "the port is not a number"),
        ("https://sms.example.kr:65536", "the port is not a number"),
        ("https://sms..example.kr", "is not a host name"),
        ("https://.", "is not a host name"),
    ],
)
def test_what_is_not_an_origin_is_refused(origin: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_origin(origin)


def test_a_wrong_origin_is_refused_in_korean() -> None:
    with i18n.in_language("ko"), pytest.raises(ValueError, match="에만 쓸 수 있습니다"):
        check_origin("http://sms.example.kr")
