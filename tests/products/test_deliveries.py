import datetime as dt
from dataclasses import replace

from iota_py.products.deliveries import find_deliveries, newest
from iota_py.products.family import load_family
from tests.products.small_landsat import series, write

FAMILY = load_family("landsat-c2-l2")
NAME = "LC08_L2SP_{}_20230704_20230716_02_T1"


def dated(match):
    return dt.datetime.strptime(match["date"], "%Y%m%d")


def test_folders_and_archives_two_levels_deep_by_name(tmp_path):
    for folder in ("", "a/", "a/b/"):
        (tmp_path / folder / NAME.format(f"00000{len(folder)}")).mkdir(parents=True)
    for number, suffix in enumerate((".tar", ".zip", ".tar.gz", ".tgz", ".TIF", "")):
        (tmp_path / "a" / f"{NAME.format(f'00001{number}')}{suffix}").write_bytes(b"")
    (tmp_path / NAME.format("000000") / NAME.format("000009")).mkdir()  # a part of the product around it
    (tmp_path / NAME.format("000020").replace("0704", "0732")).mkdir()  # no such day
    found = find_deliveries(tmp_path, FAMILY, dated)
    assert [match["tile"] for _, match in found] == ["000000", "000002", "000010", "000011", "000012", "000013"]
    assert [container.path.name for container, _ in found][2] == f"{NAME.format('000010')}.tar"


def test_the_highest_version_is_kept_and_numbers_compare_as_numbers(tmp_path):
    write(tmp_path)
    (product,) = series(tmp_path).observations[0]
    made = [replace(product, id=name, version=version) for name, version in (("a", (1, 9)), ("b", (1, 10)), ("c", (0, 99)), ("d", (1, 10)))]
    best, others = newest(made)
    assert best.id == "b"
    assert [(s.id, s.kind) for s in others] == [("d", "duplicate"), ("a", "duplicate"), ("c", "duplicate")]
    assert [s.reason.startswith("delivered twice") for s in others] == [True, False, False]
    assert others[1].reason == "older processing than b"
