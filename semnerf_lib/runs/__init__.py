"""What was run, and where: finished runs, runs under way, and the processes that make them.

It may know the method and all below. Begin with `store`, then `jobs` and `executors`.
"""
