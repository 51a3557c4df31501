"""The tasks that keep a profile of the features beside the models of a region and compare another year with it; and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from iota_py.config.drift import Drift, Profile
from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, IotaError
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.models.alignment import years_apart
from iota_py.pipeline.models.profiles import profile_beside, read_profile_file
from iota_py.pipeline.models.reuse import reused
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest
from iota_py.pipeline.task import fingerprint

Trains = Mapping[tuple[int, int], tuple[str, ...]]
_FIELD = "assessment.drift"


def drift_tasks(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str], trains: Trains
) -> list[str]:
    """Profiles of the regions, where they are asked for, and the comparison with the year of the models and its verdict; what a report needs of them.

    Models of another run bring their profile along, so that a third year can be compared with it too.
    """
    if config.reuse is None:
        _profiles(build, config, inventory, external, footprints, trains)
        return []
    copied, wish = _copied(build, inventory), config.assessment.drift
    if wish is None:
        return []
    drawn = _pixel_tasks(build, wish, inventory, external, footprints)
    params = {
        "regions": [[region, _tiles_of(inventory, region)] for region, _ in inventory.regions],
        "names": inventory.regions,
        "layers": layers_document(inventory),
        "outlines": external.get("regions"),
    }
    needs = [*copied, *drawn.values(), *(task for tasks in trains.values() for task in tasks)]
    outputs = [paths.DRIFT, paths.DRIFT_TABLE, paths.DRIFT_FIGURE, paths.DRIFT_PLACES]
    compared = build.add("drift", outputs, params, needs)
    return [compared, build.add("drift_check", [paths.DRIFT_TEXT], {"stop": wish.stop}, [compared])]


def _profiles(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str], trains: Trains
) -> None:
    wish = config.assessment.profile
    if wish is None:
        return
    drawn = _pixel_tasks(build, wish, inventory, external, footprints)
    for region, _ in inventory.regions:
        tiles = _tiles_of(inventory, region)
        params = {"region": region, "features": fingerprint(inventory.feature_names), "tiles": tiles or None}
        build.add(f"profile/region_{region}", [paths.profile(region)], params, [*trains[region, 0], *(drawn[tile] for tile in tiles)])


def _pixel_tasks(
    build: Builder, wish: Profile | Drift, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str]
) -> dict[str, str]:
    """The tasks that draw the pixels of each tile, by tile. What a region is to have is shared by the tiles that it touches."""
    return {tile.name: _pixels(build, wish, inventory, tile, external, footprints) for tile in inventory.tiles}


def _pixels(
    build: Builder, wish: Profile | Drift, inventory: Inventory, tile: Tile, external: Mapping[str, str], footprints: Mapping[str, str]
) -> str:
    quotas = [[region, -(-wish.pixels // len(_tiles_of(inventory, region)))] for region in tile.regions]
    params = {
        "tile": tile.name,
        "quotas": quotas,
        "seed": wish.seed,
        "series": [series_digest(s) for s in tile.series.values()],
        "layers": layers_document(inventory),
        "margin": 0 if inventory.one_lattice else 1,
        "regions": external.get("regions"),
    }
    needs = [footprints[tile.name], *(footprints[name] for name in tile.above), *build.stored[tile.name]]
    return build.add(f"profile_pixels/{tile.name}", [paths.pixels(tile.name)], params, needs)


def _copied(build: Builder, inventory: Inventory) -> list[str]:
    made = []
    for region, file, digest in inventory.profiles:
        params = {"region": region, "file_digest": digest, "copied": True}
        made.append(build.add(f"profile/region_{region}", [paths.profile(region)], params, aside={"file": file}))
    return made


def _tiles_of(inventory: Inventory, region: int) -> list[str]:
    """Tiles that a region touches, by name."""
    return sorted(tile.name for tile in inventory.tiles if region in tile.regions)


def drift_faults(config: RunConfig, inventory: Inventory | None, nomenclature: Nomenclature | None) -> list[Fault]:
    """E-DRF-001 drift without models of another run, E-DRF-002 models without a profile, E-DRF-003 a profile that cannot be read,
    E-DRF-005 a profile that nobody could use, E-DRF-006 a profile of other features or of another region."""
    faults = list(_profile_faults(config))
    if config.assessment.drift is None:
        return faults
    if config.reuse is None:
        text = "there is no other year to compare with: no models of another run are named"
        return [*faults, Fault("E-DRF-001", config.name, _FIELD, text, "name them under model.from, or leave it out")]
    try:
        found = reused(config)
    except IotaError:
        return faults  # told by reuse_faults
    for _, name in () if inventory is None else inventory.regions:
        if (name, 0) in found and inventory is not None:
            faults += _file_faults(config, inventory, name, found[name, 0])
    return faults


def _profile_faults(config: RunConfig) -> Iterator[Fault]:
    """A profile is kept for runs that use the models; those of segments, fusions and numbers are not used elsewhere."""
    others = {"objects": config.objects, "fusion": config.fusion, "samples.target": config.samples.target}
    for name, wish in others.items():
        if wish is not None and config.assessment.profile is not None:
            text = f"not with {name}: no other run can use such models, so none would be compared with it"
            yield Fault("E-DRF-005", config.name, "assessment.profile", text, "leave it out")


def _file_faults(config: RunConfig, inventory: Inventory, region: str, bundle: Path) -> Iterator[Fault]:
    path = profile_beside(bundle)
    if path is None:
        text = f"the models of region {region} have no profile of the features of their year"
        fix = "add assessment: {profile: true} to the configuration that made them and run it again: no model is fitted anew"
        yield Fault("E-DRF-002", str(config.reuse), _FIELD, text, fix)
        return
    try:
        profile = read_profile_file(path)
    except IotaError as error:
        yield from error.faults
        return
    fix = "make the profile again in the run of the models"
    if profile.region != region:
        yield Fault("E-DRF-006", str(path), "region", f"expected the profile of region {region}, found that of {profile.region}", fix)
    elif years_apart(profile.samples.names, inventory.feature_names) is None:
        text = f"a profile of {len(profile.samples.names)} features, which are not the {len(inventory.feature_names)} of this run, date for date"
        yield Fault("E-DRF-006", str(path), "names", text, fix)
