"""Rasters in buckets of S3 (`s3://bucket/key`): GDAL signs the requests, with what the environment says.

Credentials are those of AWS (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE, …); no name, plan or message holds them. A bucket
charges its reader only where AWS_REQUEST_PAYER=requester is set: a catalogue alone must not spend anybody's money.
"""

from __future__ import annotations

import re

from iota_py.errors import Fault, InputError

PREFIX = "/vsis3/"
_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>[A-Za-z0-9][A-Za-z0-9!_.*()/-]{0,900})")
WAY_IN = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_REQUEST_PAYER=requester to pay where the bucket charges its readers"


def is_bucket_address(href: str) -> bool:
    """True for what begins with s3://."""
    return href.lower().startswith("s3://")


def checked_bucket(href: str) -> str:
    """An address in a bucket that may be stored and shown. Raises InputError for one that is none."""
    match = _ADDRESS.fullmatch(href)
    if match is None or ".." in match["key"].split("/"):
        raise InputError(Fault("E-PRD-057", href[:200].partition("?")[0], "href", "not the address of a file in a bucket"))
    return href


def bucket_name(href: str) -> str:
    """GDAL's name of a raster in a bucket. Raises InputError as above."""
    return PREFIX + checked_bucket(href).removeprefix("s3://")


def in_bucket(name: str) -> bool:
    """True for a name that `bucket_name` makes."""
    return name.startswith(PREFIX)
