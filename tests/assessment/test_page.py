"""What templates are given beside their texts."""

from __future__ import annotations

import pytest

from iota_py.assessment.page import as_keys


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("set `a.b: <c>` or `d`.", "set <code>a.b: &lt;c&gt;</code> or <code>d</code>."),
        ("`<b>` first", "<code>&lt;b&gt;</code> first"),
        ("<script> & one ` alone", "&lt;script&gt; &amp; one ` alone"),
    ],
)
def test_back_quotes_are_code_and_all_is_escaped(text: str, html: str) -> None:
    assert as_keys(text) == html
