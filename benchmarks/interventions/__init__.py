"""Training runs whose problem is settled by training them again with something changed.

`python -m benchmarks.interventions` makes the runs, resumable; `runs.jsonl.gz` is the frozen
result, which scoring reads in a moment. See docs/accuracy.md.
"""
