"""What an earlier process left, before a run goes on from it: every file that is to be read again still has the bytes that were written.

That a file is there with its size and time is enough for what is done with. A disk that lost bits, or a power cut, can leave other bytes
under both: what a task of this run will read is therefore hashed first, and made again where it is not what its marker says.
"""

from __future__ import annotations

from iota_py.pipeline.execution.graph import pending
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.state import State


def forget_unsound(plan: Plan, state: State) -> tuple[set[str], list[str]]:
    """Remove the markers of tasks whose files have other bytes than were written, where a pending task reads them.

    What is pending then, and these files.

    Nothing is read in a folder where nothing was done, or where nothing is left to do.
    """
    tasks, looked, damaged = plan.by_id(), set[str](), list[str]()
    while True:
        wanted = pending(plan, state)
        lists = {tasks[name].needs for name in wanted}  # windows of a tile share theirs
        # also what is itself pending: it is left as it is where what it needs is made again with the same bytes
        read = {need for needs in lists for need in needs if need in tasks} - looked
        found = {name: files for name in sorted(read) if state.done(tasks[name]) and (files := state.damaged(name))}
        for name in found:
            state.forget(tasks[name])
        damaged += [file for files in found.values() for file in files]
        looked |= read
        if not found:
            return wanted, damaged


def damage_sentence(files: list[str]) -> str:
    """What is said of them; empty for none."""
    shown = ", ".join(files[:5]) + (", …" if len(files) > 5 else "")
    return f"{len(files)} file(s) have other bytes than were written, and are made again: {shown}" if files else ""
