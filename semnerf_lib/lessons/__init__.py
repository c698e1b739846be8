"""What a single lesson of the series needs and nothing else: edge fits, one ray traced, a field of voxels.

It may know the method. Begin with `tracing`.
"""
