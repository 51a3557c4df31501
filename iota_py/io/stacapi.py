"""Search in a STAC API with pystac-client, an optional dependency: import this module where it is needed only."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from pystac_client import Client
from pystac_client.stac_api_io import StacApiIO
from pystac_client.warnings import PystacClientWarning

from iota_py.errors import Fault, InputError, IotaError
from iota_py.io.fetching import fetch

PAGE = 80  # items asked for at once; the least that the services known allow
MOST = 20_000  # items of one search: more means that the service does not look at the query


class _Requests(StacApiIO):  # type: ignore[misc]
    """Requests of pystac-client within the bounds of fetching.py."""

    def request(
        self, href: str, method: str | None = None, headers: dict[str, str] | None = None, parameters: dict[str, Any] | None = None
    ) -> str:
        if (method or "GET").upper() == "POST":
            return fetch(href, headers, body=parameters or {}).decode()
        query = urlencode(parameters or {}, doseq=True)
        return fetch(f"{href}{'&' if '?' in href else '?'}{query}" if query else href, headers).decode()


def search_items(
    url: str,
    collections: Sequence[str],
    period: str | None,
    query: dict[str, Any],
    *,
    post: bool = True,
    bbox: tuple[float, float, float, float] | None = None,
) -> Iterator[dict[str, Any]]:
    """Items of a search as JSON documents, page after page. period: `start/end`; query: conditions of the query extension.

    post: ask with POST, else with GET. bbox: west, south, east, north in degrees.
    Raises TaskError when the service cannot be reached, InputError for an answer that is none.
    """
    count = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PystacClientWarning)  # services that do not state what they conform to
            client = Client.open(url, stac_io=_Requests())
            method = "POST" if post else "GET"
            search = client.search(
                method=method, collections=list(collections), bbox=bbox, datetime=period, query=query or None, limit=PAGE
            )
        for page in search.pages_as_dicts():
            for item in page.get("features", []):
                count += 1
                if count > MOST:
                    text = f"more than {MOST} items: the service does not look at the query {query}"
                    raise InputError(Fault("E-PRD-054", url, "stac.query", text, "ask for fewer tiles or a shorter period"))
                yield item
    except IotaError:
        raise
    except Exception as error:  # whatever pystac-client makes of an answer that is not that of a STAC API
        text = f"not the answer of a STAC API ({type(error).__name__}: {' '.join(str(error).split())[:150]})"
        raise InputError(Fault("E-PRD-054", url, "", text, "check the address")) from None
