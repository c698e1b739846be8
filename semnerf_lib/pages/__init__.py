"""What a person opens: the index of results, the report and its verdict tables, the notebooks as a site.

It may know `study`, `runs`, `plots` and all below. Begin with `report`.
"""
