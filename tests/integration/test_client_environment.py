"""What the client trusts and whom it goes through is what it was told, whatever the environment says."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from campaign.gateway.client import Client, Deadlines, Keys
from campaign.gateway.outcome import Fate
from campaign.model.errors import SettingsError
from campaign.model.sentences import sentence
from tests.integration.wire import proxies, scripts
from tests.integration.wire.listener import AUTHORITY, CERTIFICATES, Listener
from tests.integration.wire.messages import request
from tests.integration.wire.scripts import over_tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.gateway.outcome import Outcome
    from tests.integration.wire.listener import Peer
    from tests.integration.wire.scripts import Script

KEYS = Keys("api", "auth")
SECRET = b"YXBpJmF1dGg="
SHORT = Deadlines(connect=0.4, read=0.4, overall=0.6)
LONG = Deadlines(connect=5, read=5, overall=5)


@pytest.fixture
def gateway() -> Iterator[Listener]:
    with Listener(over_tls(scripts.keeps_answering), scheme="https") as listener:
        yield listener


def attempt(
    origin: str, *, proxy: str | None = None, ca_file: str | None = AUTHORITY, limit: Deadlines = LONG
) -> Outcome:
    with Client(origin, keys=KEYS, deadlines=limit, ca_file=ca_file, proxy=proxy) as client:
        return client.send(client.prepare(request()))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxies_of_the_environment_are_not_looked_at(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = over_tls(scripts.keeps_answering) if scheme == "https" else scripts.keeps_answering
    with Listener(scripts.keeps_answering) as trap, Listener(script, scheme=scheme) as gateway:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, trap.origin)
        monkeypatch.setenv("no_proxy", "")
        assert attempt(gateway.origin).code == 0
    assert (trap.connections, gateway.connections) == (0, 1)


def test_certificates_of_the_environment_are_not_trusted(gateway: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, AUTHORITY)
    monkeypatch.setenv("SSL_CERT_DIR", str(CERTIFICATES))
    outcome = attempt(gateway.origin, ca_file=None)
    assert outcome.fate == Fate.NOT_SENT
    assert "unable to get local issuer certificate" in (sentence(outcome.detail) or "")


def test_certificates_of_the_environment_do_not_hide_those_named(
    gateway: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "/nowhere.pem")
    assert attempt(gateway.origin).code == 0


def test_session_keys_are_not_written_where_the_environment_says(
    gateway: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    assert attempt(gateway.origin).code == 0
    assert not (tmp_path / "keys.log").exists()


def test_a_netrc_adds_nothing(gateway: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\ndefault login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    assert attempt(gateway.origin).code == 0
    assert b"authorization" not in gateway.requests[0].lower()


def test_a_file_of_certificates_that_is_named_is_the_only_one_trusted(gateway: Listener) -> None:
    assert attempt(gateway.origin).code == 0
    assert attempt(gateway.origin, ca_file=str(CERTIFICATES / "selfsigned.pem")).fate == Fate.NOT_SENT
    assert len(gateway.requests) == 1


def test_a_file_without_certificates_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(SettingsError, match="has no readable certificates"):
            attempt("https://127.0.0.1", ca_file=str(tmp_path / name))


def test_a_proxy_that_is_named_carries_tls_and_never_sees_the_secret(gateway: Listener) -> None:
    with (
        Listener(proxies.tunnels) as proxy,
        Client(gateway.origin, keys=KEYS, deadlines=LONG, ca_file=AUTHORITY, proxy=proxy.origin) as client,
    ):
        outcome = client.send(client.prepare(request()))
        assert client.own_address is None  # the gateway sees the proxy's
    assert outcome.code == 0
    seen = b"".join(proxy.seen)
    place = gateway.origin.removeprefix("https://").encode()
    assert seen.startswith(b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (place, place))
    assert SECRET not in seen
    assert SECRET in gateway.requests[0]
    assert gateway.requests[0].startswith(b"POST /api/v2/send/ HTTP/1.1\r\nHost: %b\r\n" % place)
    assert (proxy.connections, gateway.connections, len(gateway.requests)) == (1, 1, 1)


def test_a_tunnel_is_used_again(gateway: Listener) -> None:
    with (
        Listener(proxies.tunnels) as proxy,
        Client(gateway.origin, keys=KEYS, deadlines=LONG, ca_file=AUTHORITY, proxy=proxy.origin) as client,
    ):
        assert [client.send(client.prepare(request())).code for _ in range(3)] == [0, 0, 0]
    assert (proxy.connections, gateway.connections, len(gateway.requests)) == (1, 1, 3)


def test_a_gateways_certificate_is_verified_through_a_proxy_too() -> None:
    script = over_tls(scripts.keeps_answering, "elsewhere")
    with Listener(proxies.tunnels) as proxy, Listener(script, scheme="https") as gateway:
        outcome = attempt(gateway.origin, proxy=proxy.origin)
    assert outcome.fate == Fate.NOT_SENT
    assert gateway.requests == []


def test_a_proxys_own_credentials_go_to_the_proxy_alone(gateway: Listener) -> None:
    with Listener(proxies.tunnels) as proxy:
        named = proxy.origin.replace("http://", "http://somebody:pass@")
        assert attempt(gateway.origin, proxy=named).code == 0
    assert b"\r\nProxy-Authorization: Basic c29tZWJvZHk6cGFzcw==\r\n" in b"".join(proxy.seen)
    assert b"proxy-authorization" not in gateway.requests[0].lower()


def refuses(raw: bytes) -> Script:
    def play(peer: Peer) -> None:
        peer.pass_over(peer.read_head())
        peer.send(raw)
        peer.await_end()

    return play


ESTABLISHED = b"HTTP/1.1 200 OK\r\n\r\n"
FAILING = {
    "closes": scripts.hangs_up,
    "reads, closes": lambda peer: peer.read_head(),
    "resets": scripts.resets_the_handshake,
    "is silent": scripts.is_silent,
    "drips": scripts.drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 500),
    "says 407": refuses(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
    "says 502": refuses(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nno!"),
    "redirects": refuses(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"),
    "says more than it should": refuses(ESTABLISHED + b"x"),
    "no HTTP": refuses(b"SSH-2.0\r\n\r\n"),
    "a tunnel to nobody": refuses(ESTABLISHED),
    "a tunnel to no TLS": refuses(ESTABLISHED.replace(b"\r\n\r\n", b"\r\nX: y\r\n\r\n")),
}


@pytest.mark.parametrize("script", FAILING.values(), ids=FAILING)
def test_what_fails_before_the_tunnel_stands_was_not_sent(script: Script, gateway: Listener) -> None:
    with Listener(script) as proxy:
        outcome = attempt(gateway.origin, proxy=proxy.origin, limit=SHORT)
    assert outcome.fate == Fate.NOT_SENT, outcome
    assert SECRET not in b"".join(proxy.seen)
    assert gateway.connections == 0


def test_a_proxy_that_is_not_there_was_not_sent(gateway: Listener) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        outcome = attempt(gateway.origin, proxy=f"http://127.0.0.1:{held.getsockname()[1]}")
    assert (outcome.fate, gateway.connections) == (Fate.NOT_SENT, 0)


def test_a_proxy_on_this_machine_forwards_plain_http() -> None:
    with Listener(scripts.keeps_answering) as gateway, Listener(proxies.forwards) as proxy:
        assert attempt(gateway.origin, proxy=proxy.origin).code == 0
    assert proxy.requests[0].startswith(b"POST %b/api/v2/send/ HTTP/1.1\r\n" % gateway.origin.encode())
    assert len(gateway.requests) == 1


def test_a_forwarding_proxys_own_error_is_unknown_for_the_request_was_handed_over() -> None:
    bad = scripts.says(scripts.answer(b"<html>", status="502 Bad Gateway"))
    with Listener(scripts.keeps_answering) as gateway, Listener(bad) as proxy:
        assert attempt(gateway.origin, proxy=proxy.origin).fate == Fate.UNKNOWN
    assert gateway.connections == 0


def test_the_keys_are_never_shown_to_a_proxy_elsewhere_in_the_clear() -> None:
    with pytest.raises(SettingsError, match=r"the keys would travel unencrypted"):
        attempt("http://127.0.0.1:8025", proxy="http://proxy.example:3128")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "https://127.0.0.1:1", "127.0.0.1:3128", "proxy", "http://"])
def test_a_proxy_of_another_kind_is_refused_in_words(proxy: str) -> None:
    with pytest.raises(SettingsError, match=r"expected an address such as http://proxy\.example:3128"):
        attempt("https://127.0.0.1:1", proxy=proxy)


def test_a_refused_proxys_password_is_not_shown() -> None:
    with pytest.raises(SettingsError) as refused:
        attempt("https://127.0.0.1:1", proxy="socks5://somebody:hunter2@127.0.0.1:1")
    assert "hunter2" not in str(refused.value)


def test_keys_show_nowhere() -> None:
    assert "api" not in repr(KEYS).replace("Keys(", "")
    assert "auth" not in repr(KEYS)
