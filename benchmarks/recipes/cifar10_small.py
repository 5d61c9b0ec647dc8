"""What the candidates of the comparison on CIFAR-10 share: SimCLR views and a residual network of 16 channels."""

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, ProjectionHead
from counterpoint.experiments.recipe import Recipe
from counterpoint.objectives import NTXent
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import simclr_images

view = simclr_images((32, 32))
recipe = Recipe(
    encoder=ConvNet(width=16),
    head=ProjectionHead(out_dim=128),
    objective=NTXent(temperature=0.2),
    supervision=Supervision.VIEWS,
    views=(view, view),
    training=TrainSettings(epochs=30, batch_size=128, optimiser=AdamW(learning_rate=3e-3, weight_decay=1e-4)),
)
