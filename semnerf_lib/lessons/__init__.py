"""What a single lesson of the series needs: fits to class boundaries, one ray traced, a field of voxels.

It may know the method. Begin with `tracing`.
"""
