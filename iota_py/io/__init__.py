"""The only users of rasterio, pyogrio and pyarrow; every file is published whole or not at all."""
