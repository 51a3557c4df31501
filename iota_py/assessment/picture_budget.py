"""Pictures within the bytes that a page may hold: those that are large lose colours that nobody sees, then pixels, until all fit."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image

BUDGET = 6_500_000  # bytes of PNG: a third more as text, so that a page stays below 10 MB
COLOURS = 256
_NARROWEST = 200  # pixels: no picture is made smaller than this


def within(images: Mapping[str, bytes], budget: int = BUDGET) -> dict[str, bytes]:
    """The images as they are where they fit together; else the largest ones with a palette, then, the largest first, at half their size, again and
    again. Order and names stay. The same images give the same bytes."""
    found = dict(images)
    if total(found) <= budget:
        return found
    share = budget // max(1, len(found))
    for name in sorted(found, key=lambda one: (-len(found[one]), one)):
        if len(found[name]) > share:
            found[name] = min(found[name], paletted(found[name]), key=len)
    while total(found) > budget:
        name = max(found, key=lambda one: (len(found[one]), one))
        smaller = halved(found[name])
        if len(smaller) >= len(found[name]):
            break  # all are as small as they may be
        found[name] = smaller
    return found


def total(images: Mapping[str, bytes]) -> int:
    """Bytes of all of them."""
    return sum(map(len, images.values()))


def paletted(png: bytes) -> bytes:
    """The image in at most COLOURS colours, transparency kept."""
    with Image.open(io.BytesIO(png)) as image:
        if image.mode == "P":
            return _png(image)
        clear = image.convert("RGBA")
        return _png(clear.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE))


def halved(png: bytes) -> bytes:
    """The image at half its width and height in a palette; itself where that would be too small to see."""
    with Image.open(io.BytesIO(png)) as image:
        if min(image.size) < 2 * _NARROWEST:
            return png
        reduced = image.convert("RGBA").resize((image.width // 2, image.height // 2), Image.Resampling.BOX)
    return _png(reduced.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
