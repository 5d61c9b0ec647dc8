"""Lets a torchvision load that was built for another torch.

Its Python half declares gradients for two compiled operators, which are missing where the compiled half does not load;
declaring their signatures is enough for every library whose losses are measured here. Import this before any of them.
"""

import torch

_SCHEMAS = torch.library.Library("torchvision", "DEF")
_SIGNATURES = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
for _signature in _SIGNATURES:
    _SCHEMAS.define(_signature)
