"""The words on the fused map, by hand."""

from iota_py.assessment.fused import fused_line, fused_note, fused_rows

ENTRY = {
    "vote": "majority", "undecided": "first", "kept": None, "polygons": 1, "pixels": 40, "unclassified": 0,
    "scores": {"overall_accuracy": 0.9, "kappa": 0.8, "f1_macro": 0.7},
    "draws": {"overall_accuracy": [0.85, None, 0.88], "kappa": [0.7, None, 0.75], "f1_macro": [0.6, None, 0.65]},
}  # fmt: skip


def test_the_line_says_on_what_and_beside_what():
    expected = "fused map: overall accuracy 0.900 on 1 polygon (40 pixels), in which no draw learnt; the draws alone 0.850 to 0.880 there"
    assert fused_line(ENTRY) == expected
    kept = fused_line({**ENTRY, "kept": 0.2, "polygons": 12, "pixels": 12_000})
    assert kept.startswith("fused map: overall accuracy 0.900 on 12 polygons (12\u202f000 pixels), kept apart from all draws;")


def test_rows_and_note():
    assert fused_rows(ENTRY) == [
        ("fused map", ["0.900", "0.800", "0.700"]),
        ("draw 0", ["0.850", "0.700", "0.600"]),
        ("draw 1", ["undefined"] * 3),
        ("draw 2", ["0.880", "0.750", "0.650"]),
    ]
    assert "without a class" not in fused_note(ENTRY)
    assert fused_note({**ENTRY, "unclassified": 3}).endswith("3 pixels that the fused map leaves without a class are not counted.")


def test_without_such_polygons():
    none = {**ENTRY, "polygons": 0, "pixels": 0, "scores": None, "draws": None}
    assert fused_line(none) == "fused map: not scored, for each validation polygon has a draw that learnt in it"
    assert fused_rows(none) == []
    assert "map.vote_kept" in fused_note(none)
