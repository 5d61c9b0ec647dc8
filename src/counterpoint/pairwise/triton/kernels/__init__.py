"""The kernels themselves: the only modules that import Triton, and not before a kernel is launched."""
