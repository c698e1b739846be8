"""What the computer asks for: cores, devices, files, processes, compiled loops. It knows nothing of NeRF.

It may know nothing but `errors`. Begin with `cores` and `files`.
"""
