"""The leaf room: errors, optional packages, settings, specs, atomic files and numerics. Imports nothing of ours."""
