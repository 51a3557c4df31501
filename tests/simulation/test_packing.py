import tarfile
import zipfile

from iota_py.simulation.packing import pack_tar, pack_zip


def test_equal_contents_give_equal_archives(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "b").mkdir(parents=True)
        (tmp_path / name / "b" / "c.txt").write_text("c")
        (tmp_path / name / "a.txt").write_text("a")
        pack_zip(tmp_path / name, tmp_path / f"{name}.zip")
        pack_tar(tmp_path / name, tmp_path / f"{name}.tar")
    for suffix in ("zip", "tar"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a.txt": b"a", "b/c.txt": b"c"}
    with tarfile.open(tmp_path / "one.tar") as archive:
        assert archive.getnames() == ["a.txt", "b/c.txt"]
        assert archive.extractfile("b/c.txt").read() == b"c"
