"""Small nomenclatures whose every number is known."""

from __future__ import annotations

from iota_py.nomenclature import LandCoverClass, Nomenclature

THREE = Nomenclature(
    "three",
    (
        LandCoverClass(1, "Ble", {"en": "wheat", "fr": "blé"}, (255, 255, 0), "crops"),
        LandCoverClass(2, "Mais", {"en": "maize", "fr": "maïs"}, (255, 85, 0), "crops"),
        LandCoverClass(7, "Eau", {"en": "water"}, (0, 0, 255), "water"),
    ),
    groups={"crops": {"fr": "cultures"}},
)
