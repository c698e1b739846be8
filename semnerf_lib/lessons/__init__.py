"""What a single lesson of the series needs and nothing else: fits at boundaries, one ray traced, a field of voxels.

It may know the method. Begin with `tracing`.
"""
