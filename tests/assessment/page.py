"""Reading a page of HTML, as text and in a browser, for the tests of reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Elements of a page: every (tag, attributes) in order, the text, and whether tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@contextmanager
def offline_page(browser: Any, place: Path, html: str, width: int, scheme: str) -> Iterator[Any]:
    """A page opened from a file without a network: it has its landmarks and pictures, fits the width, complains of nothing and asks for nothing."""
    place.write_text(html, encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True)
    view, complaints, requests = context.new_page(), [], []
    view.on("console", lambda message: complaints.append(message.text))
    view.on("pageerror", lambda error: complaints.append(str(error)))
    view.on("request", lambda request: requests.append(request.url.split(":", 1)[0]))
    view.goto(place.as_uri())
    for role in ("banner", "navigation", "main", "contentinfo"):
        assert view.get_by_role(role).count() == 1
    assert view.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    yield view
    context.close()
    assert complaints == []
    assert set(requests) <= {"file", "data"}
