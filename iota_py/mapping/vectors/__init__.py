"""The map as polygons: outlines of equal classes, simplified and smoothed with their shared edges, cell by cell without seams."""
