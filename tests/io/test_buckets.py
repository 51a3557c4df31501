import pytest

from iota_py.errors import InputError
from iota_py.io.buckets import bucket_name, checked_bucket, in_bucket, is_bucket_address
from iota_py.io.remote import ask_for, file_part, is_remote, lease, opening

HREF = "s3://usgs-landsat/collection02/level-2/LC08_T1_SR_B4.TIF"


def test_names():
    name = bucket_name(HREF)
    assert name == "/vsis3/usgs-landsat/collection02/level-2/LC08_T1_SR_B4.TIF"
    assert is_bucket_address(HREF)
    assert in_bucket(name)
    assert is_remote(name)
    assert file_part(name) == name
    assert lease(name) == 0.0
    assert ask_for(name) is None  # asks nobody: GDAL alone signs requests
    assert opening(name)[0] == name
    assert not is_bucket_address("https://host/s3://x")
    assert not in_bucket("/vsicurl/https://host/x.tif")


@pytest.mark.parametrize(
    "href",
    [
        "s3://Bucket/x.tif", "s3://b/x.tif", "s3://bucket", "s3://bucket/", "s3://bucket/a/../b.tif", "s3://bucket/a b.tif",
        "s3://bucket/x.tif?X-Amz-Signature=abc", "s3://bucket/x\n.tif", "s3://-bucket/x.tif", "s3://bucket//etc/x.tif",
    ],
)  # fmt: skip
def test_what_is_no_address(href):
    with pytest.raises(InputError, match="E-PRD-057") as caught:
        checked_bucket(href)
    assert "Signature" not in str(caught.value)


def test_what_the_environment_says_is_left_to_it(monkeypatch):
    monkeypatch.delenv("AWS_REQUEST_PAYER", raising=False)
    assert not any(key.startswith("AWS") for key in opening(bucket_name(HREF))[1])  # nobody pays unasked
    monkeypatch.setenv("GDAL_HTTP_TIMEOUT", "7")
    assert "GDAL_HTTP_TIMEOUT" not in opening(bucket_name(HREF))[1]
