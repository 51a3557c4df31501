"""What is another here and now than where and when a run was made, as its manifest says: the reasons why bytes may differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.io.raster import gdal_version
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.records.manifest import SOURCE, stage_code
from iota_py.tracking.provenance import environment, lock_digest

_SINGLE = ("python", "iota_py", "gdal", "proj", "geos", "machine", "cpu_vendor", "cpu_family")
_NAMES = {"cpu_vendor": "processors of", "cpu_family": "processor family"}


def changes_since(manifest: Mapping[str, Any], plan: Plan) -> list[str]:
    """One sentence for each thing that differs; of what an older manifest does not record, nothing is said."""
    return [*_library_changes(manifest.get("environment", {})), *_code_changes(manifest, plan)]


def _library_changes(then: Mapping[str, Any]) -> list[str]:
    now = environment(gdal_version())
    said = [f"{_NAMES.get(name, name)} {now[name]} here, {then[name]} then" for name in _SINGLE if then.get(name, now[name]) != now[name]]
    packages = {name: number for name, number in then.get("packages", {}).items() if number is not None}
    said += [
        f"{name} {now['packages'].get(name)} here, {number} then"
        for name, number in packages.items()
        if now["packages"].get(name) != number
    ]
    missing = sorted(set(then.get("cpu_flags", ())) - set(now["cpu_flags"]))
    if missing and now["cpu_flags"]:
        said.append(f"this processor lacks {', '.join(missing[:8])}{', …' if len(missing) > 8 else ''}")
    return said


def _code_changes(manifest: Mapping[str, Any], plan: Plan) -> list[str]:
    now, then = stage_code(plan), manifest.get("code", {})
    changed = [stage for stage, digest in now.items() if then.get(stage, digest) != digest]
    said = [f"the code of these stages has changed: {', '.join(changed)}"] if changed else []
    lock = lock_digest(SOURCE)
    if None not in (lock, manifest.get("lock_sha256")) and manifest["lock_sha256"] != lock:
        said.append("the lock file of the libraries is another")
    return said
