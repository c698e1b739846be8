"""What a person types: `semnerf` and its subcommands.

It may know every other wing. Begin with `main`, then a group of commands; `reproduce` is the main job.
The actions import what they need when they are called, so that `--help` need not wait for torch.
"""
