"""Where tasks run: in this process, in processes of this machine, or on a cluster. Same tasks, same bytes.

Only names and small values cross the border of a process: a task opens what it needs in the folder of the run.
"""
