"""The addresses of the viewer: what each answers. Nothing of a request ever becomes the name of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router

from iota_py import __version__
from iota_py.errors import EXIT_USER, Fault, InputError, IotaError
from iota_py.io.tiles import SIDE, Pyramid
from iota_py.viewer.guard import Guard
from iota_py.viewer.inspector import facts, place_of, second_look
from iota_py.viewer.overlays import outlines
from iota_py.viewer.painting import BOTH, paint, paint_difference, ramp_table
from iota_py.viewer.shown import ShownRun

_PAGE = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {path.name: path for path in _PAGE.iterdir() if path.suffix in _TYPES}  # the page is these files and no other
_CODES = re.compile(r"\d{1,3}(,\d{1,3})*")
LIVE, KEPT = {"Cache-Control": "no-store"}, {"Cache-Control": "private, max-age=600"}
DIFFERENCE = "difference-of-runs"


def application(runs: list[ShownRun], token: str, port: int) -> Guard:
    """The viewer of one run, or of two. token: first part of every address. port: that it is served on."""
    site = Site(runs)
    routes = [
        Route("/", site.page),
        Route("/about.json", site.about),
        Route(f"/{DIFFERENCE}/{{level:int}}/{{col:int}}/{{row:int}}.png", site.difference),
        Route("/tile/{run:int}/{layer}/{level:int}/{col:int}/{row:int}.png", site.tile),
        Route("/outlines/{run:int}/{name}.json", site.outlines),
        Route("/pixel/{run:int}/{row:int}/{col:int}.json", site.pixel),
        Route("/models/{run:int}/{row:int}/{col:int}.json", site.models),
        Route("/{name}", site.asset),
    ]
    pages = Router(routes, redirect_slashes=False)
    inner = Starlette(routes=[Mount(f"/{token}", app=pages)], exception_handlers={IotaError: _refused, 404: _not_found, Exception: _failed})
    inner.router.redirect_slashes = False
    return Guard(inner, port, token)


class Site:
    """The runs, and what the addresses answer. The grid of the first run is that of the page."""

    def __init__(self, runs: list[ShownRun]) -> None:
        self.runs = runs
        self.pyramid = Pyramid(runs[0].grid)
        self.comparable = len(runs) == 2 and runs[0].grid == runs[1].grid and all(run.delivered.entries for run in runs)

    def page(self, request: Request) -> Response:
        """The page itself."""
        return _file("index.html")

    def asset(self, request: Request) -> Response:
        """Style and script of the page."""
        return _file(request.path_params["name"])

    def about(self, request: Request) -> Response:
        """All that the page needs to know before it draws."""
        return _json(self.document())

    def document(self) -> dict[str, Any]:
        """Runs, layers, legends and grid."""
        grid = self.pyramid.geobox
        crs, t = grid.crs, grid.transform
        table = ramp_table()
        return {
            "version": __version__,
            "runs": [run.document() for run in self.runs],
            "grid": {
                "width": int(grid.shape[1]), "height": int(grid.shape[0]), "side": SIDE, "last": self.pyramid.last,
                "transform": [t.a, t.c, t.e, t.f], "crs": f"EPSG:{crs.epsg}" if crs and crs.epsg else "system of the map",
                "unit": "m" if crs is not None and crs.projected and crs.units[0] in ("metre", "meter", "m") else "",
            },
            "ramp": ["#{:02x}{:02x}{:02x}".format(*table[value][:3]) for value in range(0, 256, 15)],
            "difference": [{"value": v, "label": text, "colour": "#{:02x}{:02x}{:02x}".format(*c), "share": None} for v, text, c in BOTH]
            if self.comparable
            else None,
        }  # fmt: skip

    def tile(self, request: Request) -> Response:
        """A square of a layer. hidden: codes, separated by commas; lit: the only code that is not faint."""
        layer = self._run(request).layers.get(request.path_params["layer"])
        if layer is None:
            raise _unknown("layer", request.path_params["layer"])
        hidden, lit = (_codes(request.query_params.get(name, "")) for name in ("hidden", "lit"))
        return _png(paint(layer, self.pyramid, _square(request), hidden, lit[0] if lit else None))

    def difference(self, request: Request) -> Response:
        """A square of where the maps of two runs differ."""
        if not self.comparable:
            raise _unknown("layer", DIFFERENCE)
        first, second = (run.delivered for run in self.runs)
        return _png(paint_difference(first, second, self.pyramid, _square(request)))

    def outlines(self, request: Request) -> Response:
        """Outlines in a part of the page's grid."""
        run = self._run(request)
        left, top, right, bottom, step = (_number(request, name) for name in ("left", "top", "right", "bottom", "step"))
        return _json(outlines(run, request.path_params["name"], (left, top, right, bottom), max(step, 0.0), self.runs[0]))

    def pixel(self, request: Request) -> Response:
        """What the rasters and the reference say of a pixel."""
        return self._at_pixel(request, facts)

    def models(self, request: Request) -> Response:
        """What the inputs and the models say of a pixel."""
        return self._at_pixel(request, second_look)

    def _at_pixel(self, request: Request, look: Callable[[ShownRun, int, int], dict[str, Any]]) -> Response:
        run = self._run(request)
        place = place_of(run, self.runs[0], request.path_params["row"], request.path_params["col"])
        return _json(None if place is None else look(run, *place))

    def _run(self, request: Request) -> ShownRun:
        number = request.path_params["run"]
        if number >= len(self.runs):
            raise _unknown("run", number)
        return self.runs[number]


def _square(request: Request) -> tuple[int, int, int]:
    return request.path_params["level"], request.path_params["col"], request.path_params["row"]


def _codes(text: str) -> tuple[int, ...]:
    if text and not _CODES.fullmatch(text):
        raise _unknown("classes", text)
    return tuple(int(code) for code in text.split(",")) if text else ()


def _number(request: Request, name: str) -> float:
    text = request.query_params.get(name, "")
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,9})?", text):
        raise _unknown(name, text)
    return float(text)


def _unknown(what: str, found: object) -> InputError:
    return InputError(Fault("E-VIEW-005", "address", "", f"no {what} {str(found)[:60]!r} here", "start from the address that was printed"))


def _file(name: str) -> Response:
    path = _FILES.get(name)
    if path is None:
        raise _unknown("page", name)
    return Response(path.read_bytes(), media_type=f"{_TYPES[path.suffix]}; charset=utf-8", headers=LIVE)


def _json(value: Any) -> Response:
    return Response(json.dumps(value, allow_nan=False, ensure_ascii=False), media_type="application/json", headers=LIVE)


def _png(picture: bytes) -> Response:
    return Response(picture, media_type="image/png", headers=KEPT)


def _refused(request: Request, error: Exception) -> Response:
    """A fault of the address is 404; one of the run, such as a file that is gone, 409."""
    assert isinstance(error, IotaError)
    address = error.exit_code == EXIT_USER and error.faults[0].code in ("E-VIEW-005", "E-VIEW-006")
    return PlainTextResponse(error.faults[0].line() + "\n", 404 if address else 409, headers=LIVE)


def _not_found(request: Request, error: Exception) -> Response:
    return PlainTextResponse(_unknown("page", request.url.path.rpartition("/")[2]).faults[0].line() + "\n", 404, headers=LIVE)


def _failed(request: Request, error: Exception) -> Response:
    text = f"unexpected {type(error).__name__}: {error}"
    return PlainTextResponse(Fault("E-VIEW-009", "viewer", "", text, "look at the terminal").line() + "\n", 500, headers=LIVE)
