"""Series of observations of a pixel: date grids and filling of what clouds hid.

Axis order: values (date, band, pixel), valid (date, pixel), non-zero = usable; days are whole days since 1970-01-01.
"""
