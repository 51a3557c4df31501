"""Labels of reference data as texts that can be compared."""

from __future__ import annotations

import numbers
import re
import unicodedata


def label_text(label: object) -> str:
    """A label as text; whole numbers stored as floating point (of any width) as the whole number they are."""
    whole = isinstance(label, numbers.Real) and not isinstance(label, bool) and float(label).is_integer()
    return str(int(label)) if whole else str(label)


def folded(text: str) -> str:
    """A text without letter case, accents and blanks at its ends."""
    decomposed = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def word(name: str, code: int) -> str:
    """A name as a short word of letters and digits."""
    found = re.sub(r"\W+", "_", name).strip("_")
    return found if found.isidentifier() else f"group_{code}"
