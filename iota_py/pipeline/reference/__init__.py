"""What there is to learn from: reference data, splits, regions, years, tables and numbers, as the stages know them."""
