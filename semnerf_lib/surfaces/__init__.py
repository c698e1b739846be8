"""Surfaces: a mesh of what was learnt, and how far it is from the true one.

It may know the method. Begin with `meshes`.
"""
