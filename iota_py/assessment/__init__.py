"""How good the map is and what it says: confusion matrices, scores, areas, figures and the report."""
