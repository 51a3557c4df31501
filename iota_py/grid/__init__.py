"""Tiles, windows, ownership: where a pixel is and who answers for it. Grids are odc-geo GeoBoxes, axis order (row, col)."""
