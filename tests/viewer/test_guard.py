"""Who may ask the viewer, and for what."""

from __future__ import annotations

import pytest

from iota_py.viewer.guard import Guard
from tests.viewer.conftest import TOKEN, Served

PATH = f"/{TOKEN}/about.json"


@pytest.mark.parametrize(
    ("method", "host", "path", "status"),
    [
        ("GET", "127.0.0.1:9", "/token/", None),
        ("GET", "LOCALHOST:9", "/token/tile", None),
        ("GET", "127.0.0.1", "/token/", 421),
        ("GET", "127.0.0.1:10", "/token/", 421),
        ("GET", "rebound.example:9", "/token/", 421),
        ("GET", "127.0.0.1:9.example", "/token/", 421),
        ("GET", "", "/token/", 421),
        ("GET", "127.0.0.1:9", "/", 404),
        ("GET", "127.0.0.1:9", "/token", 404),
        ("GET", "127.0.0.1:9", "/tokens/", 404),
        ("GET", "127.0.0.1:9", "//token/", 404),
        ("GET", "127.0.0.1:9", "/tökén/", 404),
        ("HEAD", "127.0.0.1:9", "/token/", 405),
        ("POST", "127.0.0.1:9", "/token/", 405),
        ("OPTIONS", "127.0.0.1:9", "/token/", 405),
    ],
)
def test_what_passes(method: str, host: str, path: str, status: int | None) -> None:
    found = Guard(None, 9, "token").refusal(method, host, path)
    assert (found[0] if found else None) == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_get_is_answered(one: Served, method: str) -> None:
    answer = one.raw(method, PATH)
    assert answer.status == 405
    assert answer.text == f"E-VIEW-010 request: {method} is not done here, only GET. Fix: open the address that was printed\n"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "0.0.0.0:{port}", "[::1]:{port}"])
def test_another_host_is_refused(one: Served, host: str) -> None:
    answer = one.raw("GET", PATH, host.format(port=one.port))
    assert answer.status == 421
    assert answer.text == "E-VIEW-010 request: this is not the address of the viewer. Fix: open the address that was printed\n"


def test_localhost_is_the_same_machine(one: Served) -> None:
    assert one.raw("GET", PATH, f"localhost:{one.port}").status == 200


@pytest.mark.parametrize("path", ["/", "/about.json", "/another-token/about.json", f"/{TOKEN}"])
def test_without_the_token_there_is_nothing(one: Served, path: str) -> None:
    answer = one.raw("GET", path)
    assert answer.status == 404
    assert "about" not in answer.text
    assert TOKEN not in answer.text


@pytest.mark.parametrize("path", [PATH, f"/{TOKEN}/", f"/{TOKEN}/nothing", "/nothing"])
def test_every_answer_forbids_what_comes_from_elsewhere(one: Served, path: str) -> None:
    headers = one.raw("GET", path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers
