"""What the paper leaves open: for each question its runs, what is measured of them, and the answers that were found.

It may know `study`, `runs` and all below. Begin with `question`; all of them are in `registry`.
"""
