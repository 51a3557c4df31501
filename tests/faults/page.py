"""The table of docs/faults.md, from the rows themselves: `python -m tests.faults.page` writes it."""

from __future__ import annotations

from tests.conftest import ROOT
from tests.faults import rows_configuration, rows_events, rows_files, rows_learning, rows_products, rows_reference  # noqa: F401 - they fill it
from tests.faults.row import POLICIES, ROWS, Row

PAGE = ROOT / "docs" / "faults.md"
START, END = "<!-- table -->", "<!-- end of table -->"
HEAD = ("#", "Fault", "Policy", "Exit", "Code or words", "What is said or done")


def table() -> str:
    """The rows in the order of their numbers, then why some are not what was planned."""
    rows = [ROWS[number] for number in sorted(ROWS)]
    lines = [_line(HEAD), _line(["---"] * len(HEAD)), *(_line(_cells(one)) for one in rows)]
    notes = [f"{one.number}. **{one.title}**: {one.note}" for one in rows if one.note]
    policies = [f"* **{name}**: {text}." for name, text in POLICIES.items()]
    parts = ["\n".join(policies), "\n".join(lines), "## Where it is otherwise than first planned", "\n".join(notes)]
    return "\n\n".join(parts)


def _cells(one: Row) -> list[str]:
    code = f"`{one.code}`" if one.code else ""
    return [str(one.number), one.title, one.policy, str(one.exit), code, one.says]


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def written(text: str) -> str:
    """The page with its table made anew."""
    before, rest = text.split(START)
    return f"{before}{START}\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
