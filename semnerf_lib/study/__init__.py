"""What may be concluded from runs: baselines without a NeRF, paired comparisons, the verdict on each claim.

It may know `runs` and all below. Begin with `results`, the table of all scores, then `claims` and `judging`.
"""
