"""The lab: recipes, the one loop that trains them, and paired comparisons between them.

`recipe` says what a run depends on, `data` and `models` make its parts, `train` runs it,
`experiment` compares two recipes over seeds with the statistics of `paired`.
"""
