"""What a person types: `semnerf` and its subcommands.

It may know every other wing. Begin with `main`, then `parsers`; `reproduce` is the main job.
"""
