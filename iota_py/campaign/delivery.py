"""What passes is handed over: the packages of an order in a folder that has its name only when all of it is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iota_py.config.schema import RunConfig
from iota_py.delivery.naming import Version, package_folder
from iota_py.errors import Fault, InputError, StorageError
from iota_py.io.copies import copy_file, published_folder
from iota_py.io.publish import sha256, write_json
from iota_py.pipeline import paths

NOTE = "DELIVERY.json"


def deliver(config: RunConfig, target: Path, note: Mapping[str, Any], *, copies: bool = False) -> Path:
    """Put the packages of a run, of the version that it makes, and a note of why they passed into `target`, in place of what is there.

    copies: no hard links, even where the file system allows them. Raises InputError E-CPG-009 when there is no package, StorageError when
    the folder cannot be written whole.
    """
    packages = _packages(config)
    if not packages:
        text = "there is no package of the version that the configuration names"
        raise InputError(Fault("E-CPG-009", str(config.output / paths.PRODUCT), "product", text, "iota-py campaign retry CAMPAIGN ORDER"))
    with published_folder(target) as part:
        for package in packages:
            for source in sorted(path for path in package.rglob("*") if path.is_file()):
                _place(source, part / package.name / source.relative_to(package), copies)
        write_json(part / NOTE, {**note, "packages": [package.name for package in packages]})
    return target


def _packages(config: RunConfig) -> list[Path]:
    folder = config.output / paths.PRODUCT
    wanted = Version.of(config.product.version) if config.product is not None else None
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in found if (name := package_folder(path.name)) is not None and name.version == wanted]


def _place(source: Path, target: Path, copies: bool) -> None:
    """A hard link, or a copy that is read back. A later run replaces its files by new ones, and so leaves the link as it is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not copies:
        try:
            os.link(source, target)
            return
        except OSError:  # another file system, or one without links
            target.unlink(missing_ok=True)
    try:
        copy_file(source, target, sha256(source))
    except OSError as error:
        text = f"could not be copied: {error.strerror or error}"
        raise StorageError(Fault("E-CPG-011", str(source), "", text, "see that both disks answer, then run again")) from error
