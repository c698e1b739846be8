"""Labels by clicking: clicks, fields that learn from them in a second, and which pixel to ask for next.

It may know the method. Begin with `session`.
"""
