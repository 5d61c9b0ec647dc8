"""Lets a torchvision load that was built for another torch.

Its Python half declares gradients for two compiled operators, which are missing where the compiled half does not load;
declaring their signatures is enough for every library whose losses are measured here. Import this before any of them.
"""

from torch import library

_SIGNATURES = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
for _signature in _SIGNATURES:
    _name, _arguments = _signature.split("(", 1)
    library.define(f"torchvision::{_name}", f"({_arguments}")
