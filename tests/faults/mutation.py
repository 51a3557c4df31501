"""Damage of bytes: what a bad copy, an editor or an enemy makes of a file that was well."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import strategies as st

TOKENS = (
    b"",
    b"\x00", b"\xff\xfe", b"\xc3", b"inf", b"-inf", b"nan", b"1e999", b"-1", b"0", b"9" * 30, b"null", b"true", b"~", b"{}", b"[]", b"''", b'"',
    b"&x;", b"<x>", b"</x>", b"<!--", b"<![CDATA[", b"*a", b"&a ", b"!!x ", b"!!timestamp ", b"!!binary ", b"? ", b"<<: ", b": ", b"- ", b"\t", b"\n", b"|\n",
    b"...", b"---\n",
    b"../", b"${HOME}", b"\xe2\x80\xa8", b"2023-02-30", b"12:30:00", b"0x1F", b"1_000", b".5", b"{" * 40, b"%", b"\\u0000", b"\xef\xbb\xbf",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A few edits of these bytes: cut, overwrite, insert, repeat, take out."""
    content = whole
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from((0, 1, 1, 2, 4, 10, 40)))
        kind = draw(st.sampled_from(("token", "byte", "cut", "repeat", "take", "words")))
        part = content[start : start + length]
        if kind == "token":
            new = draw(st.sampled_from(TOKENS))
        elif kind == "byte":
            new = draw(st.binary(max_size=3))
        elif kind == "repeat":
            new = part * draw(st.integers(2, 20))
        elif kind == "take":
            new = b""
        elif kind == "words":  # a whole value exchanged: from one sign that ends words to the next
            start, length = _word(content, start)
            new = draw(st.sampled_from(TOKENS))
        else:
            content = content[:start]
            continue
        content = content[:start] + new + content[start + length :]
    return content


def _word(content: bytes, place: int) -> tuple[int, int]:
    ends = b" \n\t<>\"':,{}[]"
    start = place
    while start > 0 and content[start - 1] not in ends:
        start -= 1
    end = place
    while end < len(content) and content[end] not in ends:
        end += 1
    return start, end - start


ODD = (
    None, True, False, 0, -1, 3.5, 10**30, float("inf"), float("nan"), "", " ", "x", "-1", "nan", "inf", "1e999", "9" * 5000, "../..", "/etc/passwd", "${NOWHERE}",
    "\x00", "\u2028", "\ud7ff", "é" * 300, [], [None], [[]], ["x", 1], {}, {"x": 1}, {"kind": "x"}, {"path": 5}, [{"path": []}], "2023-02-30", "0100",
)  # fmt: skip


@st.composite
def altered(draw: st.DrawFn, whole: Any) -> Any:
    """Plain values of which one, at any depth, is another one, is gone, or has another name."""
    places = list(_places(whole))
    place = draw(st.sampled_from(places))
    odd = draw(st.sampled_from(ODD))
    kind = draw(st.sampled_from(("value", "value", "value", "gone", "name")))
    return _altered(whole, place, odd, kind)


def _places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*here, key)
        yield from _places(item, (*here, key))


def _altered(value: Any, place: tuple[Any, ...], odd: Any, kind: str) -> Any:
    found = copy.deepcopy(value)
    inner = found
    for key in place[:-1]:
        inner = inner[key]
    if kind == "value" or isinstance(inner, list):
        inner[place[-1]] = odd
    else:
        kept = inner.pop(place[-1])
        if kind == "name":
            inner["x" if not isinstance(odd, (str, int)) else odd] = kept
    return found


@st.composite
def altered_xml(draw: st.DrawFn, whole: bytes) -> bytes:
    """A document of which the text or an attribute of one element is another one, or that lacks it."""
    root = ET.fromstring(whole)
    parents = [(parent, child) for parent in root.iter() for child in parent]
    parent, child = draw(st.sampled_from(parents))
    odd = draw(st.sampled_from([text for text in ODD if isinstance(text, str) and text.isprintable()]))
    kind = draw(st.sampled_from(("text", "text", "attribute", "gone")))
    if kind == "gone":
        parent.remove(child)
    elif kind == "attribute" and child.attrib:
        child.set(draw(st.sampled_from(sorted(child.attrib))), odd)
    else:
        child.text = odd
    return ET.tostring(root, "utf-8")
