"""The bill of materials of a release, CycloneDX 1.6: what requirements.lock pins, as `make sbom` writes it.

The same commit, lock file and environment give the same bytes: the time is that of the commit, the serial number follows from the content.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import re
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from importlib.metadata import version as installed_version
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.contrib.this.builders import this_component
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Commit, Component, ComponentScope, ComponentType, Pedigree
from cyclonedx.model.license import License, LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = "requirements.lock"
PYTHONS = ("3.11", "3.12", "3.13")
SYSTEMS = ("linux", "darwin", "win32", "emscripten")
INTERPRETERS = (("cpython", "CPython"), ("pypy", "PyPy"))
# A name longer than this is the text of a licence, not its name.
LONGEST_NAME = 60
NO_SERIAL = uuid.UUID(int=0)


@dataclass(frozen=True)
class Pin:
    """A library of the lock file. name: normalised. marker: where it is installed, empty for everywhere. hashes: SHA-256 of its files, any of
    which may be installed. wanted_by: names of those that need it; the project's own name stands for a direct one."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]

    @property
    def purl(self) -> PackageURL:
        """Package URL."""
        return PackageURL("pypi", name=self.name, version=self.version)


@dataclass(frozen=True)
class Release:
    """What the document is about. time: of the commit. changed: files differ from the commit. needed, offered: names of the libraries of every
    installation, and of its extras; what is left serves development."""

    name: str
    version: str
    licence: str
    commit: str
    time: dt.datetime
    changed: bool
    needed: frozenset[str]
    offered: frozenset[str]


def read_lock(text: str) -> list[Pin]:
    """Libraries of a lock file as uv writes it: requirement, hashes, then who wants it. Raises ValueError for a line of another kind."""
    pins: list[Pin] = []
    requirement, hashes, wanted = None, [], []
    for line in [*text.splitlines(), "end==0"]:
        if line and not line[0].isspace() and not line.startswith("#"):
            if requirement is not None:
                pins.append(_pin(requirement, hashes, wanted))
            requirement, hashes, wanted = Requirement(line.removesuffix("\\").strip()), [], []
        elif found := re.fullmatch(r"\s+--hash=sha256:([0-9a-f]{64})(?: \\)?", line):
            hashes.append(found[1])
        elif found := re.fullmatch(r"\s+#(?: via)?\s*(\S.*)?", line):
            wanted += [found[1].removesuffix(" (pyproject.toml)").strip()] if found[1] and found[1] != "via" else []
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"{LOCK}: not a requirement, a hash or a comment: {line!r}")
    return pins


def _pin(requirement: Requirement, hashes: Iterable[str], wanted: Iterable[str]) -> Pin:
    (pinned,) = requirement.specifier
    if pinned.operator != "==":
        raise ValueError(f"{LOCK}: {requirement} is not pinned")
    by = tuple(sorted(canonicalize_name(name) for name in wanted))
    return Pin(canonicalize_name(requirement.name), pinned.version, str(requirement.marker or ""), tuple(sorted(hashes)), by)


def read_release(root: Path) -> Release:
    """Name, version and wishes of pyproject.toml, commit and its time from git. Raises CalledProcessError or OSError without a repository."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: _names(wishes) for name, wishes in project.get("optional-dependencies", {}).items()}
    commit, seconds = _git(root, "log", "-1", "--format=%H %ct").split()
    return Release(
        name=project["name"],
        version=project["version"],
        licence=project["license"],
        commit=commit,
        time=dt.datetime.fromtimestamp(int(seconds), dt.UTC),
        changed=bool(_git(root, "status", "--porcelain")),
        needed=_names(project["dependencies"]),
        offered=frozenset().union(*(names for name, names in extras.items() if name != "dev")),
    )


def _names(wishes: Iterable[str]) -> frozenset[str]:
    return frozenset(canonicalize_name(Requirement(wish).name) for wish in wishes)


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603, S607 - fixed words


def document(release: Release, pins: list[Pin]) -> str:
    """The bill of materials as JSON. Raises ValueError where it is not valid CycloneDX 1.6."""
    bom = _bom(release, pins)
    bom.serial_number = NO_SERIAL
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(_text(bom).encode()).hexdigest())
    text = _text(bom)
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"the document is not valid: {fault}")
    return text


def _text(bom: Bom) -> str:
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _bom(release: Release, pins: list[Pin]) -> Bom:
    scopes = dict(_scopes(release, pins))
    components = {pin: _component(pin, scopes[pin.name]) for pin in pins}
    bom = Bom(components=components.values())
    bom.metadata.timestamp = release.time
    bom.metadata.tools.components.add(this_component())
    root = bom.metadata.component = _root(release)
    own = canonicalize_name(release.name)
    bom.register_dependency(root, [components[pin] for pin in pins if own in pin.wanted_by])
    for pin in pins:
        bom.register_dependency(
            components[pin], [components[other] for other in pins if pin.name in other.wanted_by and together(pin, other)]
        )
    return bom


def _root(release: Release) -> Component:
    """The program itself. It is on no index, so that it has no package URL."""
    properties = [Property(name="iota_py:changed_since_commit", value="true")] if release.changed else []
    return Component(
        type=ComponentType.APPLICATION,
        name=release.name,
        version=release.version,
        bom_ref=f"{release.name}@{release.version}",
        licenses=[LicenseFactory().make_from_string(release.licence, license_acknowledgement=LicenseAcknowledgement.DECLARED)],
        pedigree=Pedigree(commits=[Commit(uid=release.commit)]),
        properties=properties,
    )


def _component(pin: Pin, scope: ComponentScope) -> Component:
    said = licence(pin)
    return Component(
        type=ComponentType.LIBRARY,
        name=pin.name,
        version=pin.version,
        bom_ref=pin.purl.to_string(),
        purl=pin.purl,
        scope=scope,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in pin.hashes],
        licenses=[said] if said else [],
        properties=[Property(name="iota_py:marker", value=pin.marker)] if pin.marker else [],
    )


def _scopes(release: Release, pins: list[Pin]) -> Iterator[tuple[str, ComponentScope]]:
    """Required: reached from the dependencies; optional: from an extra; excluded: from the wishes of developers alone."""
    required, optional = _reached(release.needed, pins), _reached(release.offered, pins)
    for name in {pin.name for pin in pins}:
        yield (
            name,
            ComponentScope.REQUIRED if name in required else ComponentScope.OPTIONAL if name in optional else ComponentScope.EXCLUDED,
        )


def _reached(names: Iterable[str], pins: list[Pin]) -> set[str]:
    found = set(names)
    while more := {pin.name for pin in pins if pin.name not in found and found.intersection(pin.wanted_by)}:
        found |= more
    return found


def together(one: Pin, other: Pin) -> bool:
    """False for two that no Python installs side by side: versions of one library for older and newer ones."""
    markers = [Marker(pin.marker) for pin in (one, other) if pin.marker]
    return any(all(marker.evaluate(place) for marker in markers) for place in _places()) if markers else True


def _places() -> Iterator[Mapping[str, str]]:
    for python, system, (implementation, name) in itertools.product(PYTHONS, SYSTEMS, INTERPRETERS):
        yield {
            "python_version": python, "python_full_version": f"{python}.0", "sys_platform": system,
            "implementation_name": implementation, "platform_python_implementation": name,
        }  # fmt: skip


def licence(pin: Pin) -> License | None:
    """What the installed library declares: its expression, else the name or the classifier; None where this very version is not installed."""
    try:
        if installed_version(pin.name) != pin.version:
            return None
        about = metadata(pin.name)
    except PackageNotFoundError:
        return None
    said = _declared(about)
    return LicenseFactory().make_from_string(said, license_acknowledgement=LicenseAcknowledgement.DECLARED) if said else None


def _declared(about: PackageMetadata) -> str:
    name = (about.get("License") or "").strip()
    classes = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or [] if one.startswith("License :: OSI Approved :: ")]
    return about.get("License-Expression") or (name if 0 < len(name) <= LONGEST_NAME and "\n" not in name else " or ".join(classes))


def main(root: Path = ROOT) -> int:
    """Write dist/iota_py-<version>.cdx.json; 0, or 1 with the reason where it cannot be made."""
    try:
        release, pins = read_release(root), read_lock((root / LOCK).read_text(encoding="utf-8"))
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"sbom: no lock file, or no repository whose commit it could name: {error}\n")
        return 1
    text = document(release, pins)
    path = root / "dist" / f"{release.name.replace('-', '_')}-{release.version}.cdx.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    noted = ", files changed since" if release.changed else ""
    sys.stdout.write(f"{path.relative_to(root)}: {len(pins)} libraries, commit {release.commit[:12]}{noted}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
