"""Orders and campaigns of a few lines."""

from __future__ import annotations

from pathlib import Path

from iota_py.campaign.orders import Order
from iota_py.config.campaign import Gates


def order(place: str, year: int, *, position: int = 0, after: str | None = None, priority: int = 0, retries: int = 1) -> Order:
    """An order of a zone and a year."""
    return Order(f"{place}-{year}", place, None, year, priority, retries, position, after, {}, Gates())


def campaign(folder: Path, more: str = "", base: str = "base.yaml") -> Path:
    """A campaign file with `orders` and whatever is given in `more`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "campaign.yaml"
    orders = "" if "orders:" in more else "orders: {years: [2023]}\n"
    path.write_text(f"name: test\nbase: {base}\noutput: out\n{orders}{more}", encoding="utf-8")
    return path
