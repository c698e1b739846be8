"""Where label images come from: frames on disk, labelled meshes, made rooms.

It may know `scene`, `cameras`, `palette`, `errors` and `machine`. Begin with `loading`.
"""
