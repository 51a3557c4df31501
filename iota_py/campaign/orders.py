"""From `campaign.yaml` to orders, and from an order to the configuration of its run."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from iota_py.config.campaign import Campaign, Changes, Gates, Override, Zone
from iota_py.config.loading import anchored, load_config, merge, nearest
from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault
from iota_py.io.documents import read_yaml

ORDERS, DATABASE, PAGE = "orders", "campaign.db", "campaign.html"
LONGEST = 64  # characters of a name
_PATHS = ("base", "output", "deliver")
_BASE_KEYS = ("name", "output")  # which the campaign sets itself


@dataclass(frozen=True)
class Order:
    """A map to be made. position: in the document. after: the order of the same place and the year before, which must have ended first."""

    name: str
    zone: str
    tile: str | None
    year: int
    priority: int
    retries: int
    position: int
    after: str | None
    changes: Changes
    gates: Gates

    @property
    def place(self) -> str:
        """Where it is, the same for all years."""
        return self.zone if self.tile is None else f"{self.zone}-{self.tile}"

    def filled(self, text: str) -> str:
        """A text with the words of this order in place of {zone}, {tile}, {year} and {last_year}."""
        words = {"zone": self.zone, "tile": self.tile or "", "year": self.year, "last_year": self.year - 1}
        for word, value in words.items():
            text = text.replace(f"{{{word}}}", str(value))
        return text


@dataclass(frozen=True)
class Book:
    """A campaign that was read."""

    path: Path
    document: Campaign
    orders: tuple[Order, ...]

    def folder(self, name: str) -> Path:
        """Folder of the run of an order."""
        return self.document.output / ORDERS / name

    def order(self, name: str) -> Order | None:
        """The order of this name."""
        return next((one for one in self.orders if one.name == name), None)


def read_book(path: Path) -> Book:
    """Read a campaign. Raises ConfigError with all the faults: E-CPG-001 of the document, E-CPG-002 of its orders."""
    document = _document(path)
    orders, faults = _orders(path, document)
    if faults:
        raise ConfigError(*faults)
    return Book(path, document, tuple(orders))


def config_faults(book: Book, *, allow_user_code: bool = False) -> list[Fault]:
    """What is wrong with the configurations of the orders: E-CPG-003, each fault once, and E-CPG-004 wishes that the base cannot fulfil."""
    faults: dict[tuple[str, str, str], tuple[Fault, list[str]]] = {}
    base = load_config(book.document.base, allow_user_code=allow_user_code)
    for order in book.orders:
        try:
            found = list(_wish_faults(book, config_of(book, order, base, allow_user_code=allow_user_code)))
        except ConfigError as error:
            found = [Fault("E-CPG-003", fault.where, fault.field, f"{fault.message} ({fault.code})", fault.fix) for fault in error.faults]
        for fault in found:
            faults.setdefault((fault.code, fault.field, fault.message), (fault, []))[1].append(order.name)
    return [
        Fault(fault.code, f"{book.path} ({names[0]}{f' and {len(names) - 1} more orders' if len(names) > 1 else ''})", fault.field, fault.message, fault.fix)
        for fault, names in faults.values()
    ]  # fmt: skip


def config_of(book: Book, order: Order, base: RunConfig | None = None, *, allow_user_code: bool = False) -> RunConfig:
    """The configuration of an order's run. base: of the campaign, read where it is not given. Raises ConfigError."""
    base = base or load_config(book.document.base, allow_user_code=allow_user_code)
    own: Changes = {"name": f"{book.document.name}-{order.name}"[:LONGEST], "output": str(book.folder(order.name))}
    folder = book.path.resolve().parent
    changes = merge(merge(_moved(base, order.year), anchored(order.changes, folder)), own)
    if book.document.engine:
        changes = merge(changes, anchored({"engine": book.document.engine}, folder))
    return load_config(book.document.base, allow_user_code=allow_user_code, changes=changes)


def _moved(base: RunConfig, year: int) -> Changes:
    """The period of the base moved by whole years, so that it ends in this one; the year of its product."""
    start, end = base.period.start, base.period.end
    days = (start, end) if start and end else (dt.date(year, 1, 1), dt.date(year, 12, 31))
    shift = year - days[1].year
    moved: Changes = {"period": {name: _shifted(day, shift).isoformat() for name, day in zip(("start", "end"), days, strict=True)}}
    return moved if base.product is None else {**moved, "product": {"year": year}}


def _shifted(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _document(path: Path) -> Campaign:
    content = read_yaml(path)
    if not isinstance(content, dict):
        found = "nothing" if content is None else type(content).__name__
        raise ConfigError(Fault("E-CPG-001", str(path), "", f"expected keys and values, found {found}"))
    folder = path.resolve().parent
    absolute = {key: os.path.normpath(folder / content[key]) for key in _PATHS if isinstance(content.get(key), str) and content[key]}
    try:
        return Campaign.model_validate({**content, **absolute})
    except ValidationError as error:
        raise ConfigError.of(dict.fromkeys(_fault(str(path), entry) for entry in error.errors())) from None


def _orders(path: Path, document: Campaign) -> tuple[list[Order], list[Fault]]:
    """Orders year by year, zones and tiles in the order of the document within each."""
    orders: list[Order] = []
    faults: list[Fault] = []
    unused = set(range(len(document.orders.overrides)))
    last: dict[str, str] = {}
    for year in sorted(document.orders.years):
        for zone, tile in _places(document):
            matching = [(n, one) for n, one in enumerate(document.orders.overrides) if _matches(one, zone, tile, year)]
            unused -= {number for number, _ in matching}
            if any(one.skip for _, one in matching):
                continue
            try:
                order = _order(document, (zone, tile, year), len(orders), [one for _, one in matching])
            except ValidationError as error:
                places = [f"orders.overrides.{number}.gates" for number, one in matching if one.gates]
                faults += [
                    Fault("E-CPG-002", str(path), places[-1], fault.message, fault.fix) for fault in (_fault("", e) for e in error.errors())
                ]
                continue
            before = last.get(order.place)
            last[order.place] = order.name
            orders.append(Order(**{**vars(order), "after": before}))
    return orders, [*dict.fromkeys(faults), *_order_faults(path, orders, unused)]


def _order_faults(path: Path, orders: list[Order], unused: set[int]) -> Iterator[Fault]:
    for number in sorted(unused):
        yield Fault("E-CPG-002", str(path), f"orders.overrides.{number}", "matches no order", "mend its zone, tile or year, or remove it")
    names: set[str] = set()
    for order in orders:
        if order.name in names:
            yield Fault("E-CPG-002", str(path), "orders", f"two orders would be called {order.name}", "rename a zone")
        if len(order.name) > LONGEST - 8:
            yield Fault(
                "E-CPG-002", str(path), "orders.zones", f"the name {order.name} is longer than {LONGEST - 8} characters", "shorten the zone"
            )
        names.add(order.name)
    if not orders:
        yield Fault("E-CPG-002", str(path), "orders", "there is none: every one is skipped")


def _places(document: Campaign) -> Iterator[tuple[str, str | None]]:
    for name, zone in document.orders.zones.items():
        tiles = (zone.tiles or ()) if zone is not None and document.orders.by == "tile" else (None,)
        for tile in tiles:
            yield name, tile


def _order(document: Campaign, which: tuple[str, str | None, int], position: int, overrides: list[Override]) -> Order:
    name, tile, year = which
    zone = document.orders.zones[name] or Zone()
    tiles = (tile,) if tile is not None else zone.tiles
    changes: Changes = merge(document.changes, {} if tiles is None else {"tiles": list(tiles)})
    gates: dict[str, Any] = document.gates.model_dump()
    priority, retries = zone.priority, document.retries
    changes = merge(changes, zone.changes)
    for over in overrides:
        changes, gates = merge(changes, over.changes), merge(gates, over.gates)
        priority = over.priority if over.priority is not None else priority
        retries = over.retries if over.retries is not None else retries
    place = name if tile is None else f"{name}-{tile}"
    order = Order(f"{place}-{year}", name, tile, year, priority, retries, position, None, {}, Gates.model_validate(gates))
    return Order(**{**vars(order), "changes": _filled(order, changes)})


def _matches(one: Override, zone: str, tile: str | None, year: int) -> bool:
    return one.zone in (None, zone) and one.tile in (None, tile) and one.year in (None, year)


def _filled(order: Order, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(order, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(order, item) for item in value]
    return order.filled(value) if isinstance(value, str) else value


def _wish_faults(book: Book, config: RunConfig) -> Iterator[Fault]:
    where, gates = str(book.path), book.document.gates
    if config.samples.target is not None or not config.inputs:
        yield Fault("E-CPG-004", where, "base", "makes no map of classes", "campaigns are of maps of classes")
    if book.document.deliver is not None and config.product is None:
        yield Fault("E-CPG-004", where, "deliver", "the base makes no packages", "add a section `product` to it, or leave `deliver` out")
    if gates.accuracy is not None and not config.samples.places:
        yield Fault("E-CPG-004", where, "gates.accuracy", "the base has no reference data that hold a score", "leave it out")


def _fault(source: str, error: Any) -> Fault:
    loc = [
        str(part)
        for part in error["loc"]
        if not str(part).startswith(("tuple[", "dict[", "constrained-", "lax-or-strict", "literal[", "function-"))
    ]
    field, kind = ".".join(loc), error["type"]
    if kind == "extra_forbidden":
        return Fault("E-CPG-001", source, field, "unknown key", _near(loc))
    if kind == "missing":
        return Fault("E-CPG-001", source, field, "this key is required and missing", f"add `{loc[-1]}:` there")
    if kind == "value_error":
        return Fault("E-CPG-001", source, field, str(error["ctx"]["error"]))
    if loc[-1] == "[key]":
        return Fault("E-CPG-001", source, field.removesuffix(".[key]"), "expected a name of letters, digits, `_`, `.` and `-`, 64 at most")
    shown = f", found `{error['input']}`" if isinstance(error["input"], (str, int, float, bool)) or error["input"] is None else ""
    return Fault("E-CPG-001", source, field, error["msg"][0].lower() + error["msg"][1:] + shown)


def _near(loc: list[str]) -> str:
    """The known key most like the last of a place."""
    model: Any = Campaign
    for part in loc[:-1]:
        field = model.model_fields.get(part) if hasattr(model, "model_fields") else None
        if field is None:
            continue
        inner = [one for one in (field.annotation, *getattr(field.annotation, "__args__", ())) if hasattr(one, "model_fields")]
        deeper = [
            one for two in getattr(field.annotation, "__args__", ()) for one in getattr(two, "__args__", ()) if hasattr(one, "model_fields")
        ]
        model = (inner or deeper or [model])[0]
    known = list(model.model_fields)
    near = nearest(loc[-1], known)
    return f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(known)}"
