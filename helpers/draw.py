"""Draw a digit with mouse, finger, pen or keyboard, and watch the ten outputs: `DigitPad`.

`prepare` brings a drawing to the form that the images of MNIST have, as Yann LeCun's page on MNIST
(yann.lecun.com/exdb/mnist) describes it: the digit is scaled into a box of 20 x 20 pixels, keeping
its proportions, and put into 28 x 28 so that its centre of mass lies in the middle.

What happens in the browser stands in draw.js.
"""

import io
from pathlib import Path

import anywidget
import torch
import traitlets
from matplotlib.figure import Figure
from torch.nn import functional

from helpers.environment import progress_file, short
from helpers.formats import add_to_csv
from helpers.plots import plot_outputs, show_image
from helpers.training import outputs_of

DRAWINGS = progress_file().with_name("own") / "drawings.csv"  # what you have kept: yours alone
SIDE = 28  # pixels of an image of MNIST
BOX = 20  # ... of the box that its digit fits in
MIDDLE = 14  # row and column of the centre of mass, counted from 0
DRAWING = 112  # pixels of a drawing's side, four for each of the image
RADIUS = 5  # ... of the brush, beside its middle pixel


class DigitPad(anywidget.AnyWidget):
    """A pad to draw a digit on, beside the image that `network` sees and its ten outputs.

    image     float32 tensor (784,) in 0..1, as MNIST has them; all zeros if nothing is drawn
    outputs   float32 tensor (10,), the network's outputs for it; None if nothing is drawn
    strokes   what is drawn: a list of lines, each a list of points [x, y] in 0..1 from the top left;
              set it to draw by a program
    prepared  whether the drawing is prepared as MNIST was; if not, it is made smaller and no more

    ``pad.keep(7)`` keeps the image, with the label that you give it, for a network to learn from.
    """

    _esm = Path(__file__).with_name("draw.js")
    strokes = traitlets.List().tag(sync=True)
    prepared = traitlets.Bool(True).tag(sync=True)
    _brush = traitlets.Float((2 * RADIUS + 1) / DRAWING).tag(sync=True)  # its width, in sides
    _seen = traitlets.Bytes(bytes(SIDE * SIDE)).tag(sync=True)  # the image, 0..255
    _bars = traitlets.List().tag(sync=True)  # the outputs, or nothing

    def __init__(self, network):
        super().__init__()
        self.network = network
        ask(network, torch.zeros(SIDE * SIDE))  # what does not fit fails here, not while you draw
        self._look()
        self.observe(self._look, ["strokes", "prepared"])

    def _look(self, change=None):
        drawing = rasterise(self.strokes)
        image = prepare(drawing) if self.prepared else shrink(drawing)
        self.image = image.flatten()
        self.outputs = ask(self.network, self.image) if drawing.any() else None
        with self.hold_sync():
            self._seen = self._pixels().numpy().tobytes()
            self._bars = [] if self.outputs is None else self.outputs.tolist()

    def _pixels(self):
        return (255 * self.image).round().to(torch.uint8)

    def keep(self, label):
        """Keep the image that the network sees, with its label, as one more row of `DRAWINGS`.

        Then the pad is empty again. `MnistDataset(DRAWINGS)` reads what you have kept. To take an
        image back, delete its row there; no image is ever written over.
        """
        if label not in range(10):
            raise ValueError(f"the label is {label!r}; expected a whole number from 0 to 9")
        if self.outputs is None:
            print(f"Nothing is drawn, so nothing is kept: draw a {label}, and keep it then.")
            return
        label = int(label)
        try:
            count = add_to_csv(DRAWINGS, self._pixels(), label)
        except OSError as error:
            raise OSError(
                f"{short(DRAWINGS)} could not be written ({error}); "
                "the course needs a folder that you can write to"
            ) from None
        self.strokes = []
        print(f"kept: {label}, image {count} of {short(DRAWINGS)}")

    def __repr__(self):
        if self.outputs is None:
            return "DigitPad: nothing is drawn, so there is no answer"
        return f"DigitPad: the answer is {self.outputs.argmax()}"

    def _repr_mimebundle_(self, **kwargs):
        """Add a still picture, for a saved notebook and wherever no widget can live."""
        data, *metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "image/png": self._picture()}, *metadata

    def _picture(self):
        figure = Figure(figsize=(8, 2.5), layout="constrained")
        drawn, seen, bars = figure.subplots(1, 3, width_ratios=[1, 1, 1.6])
        show_image(shrink(rasterise(self.strokes)), title="drawn", ax=drawn)
        show_image(self.image, title="seen by the network", ax=seen)
        plot_outputs(torch.zeros(10) if self.outputs is None else self.outputs, ax=bars)
        bars.set_ylim(0, 1)
        file = io.BytesIO()
        figure.savefig(file, format="png")
        return file.getvalue()


def ask(network, image):
    """The ten outputs of the network for an image (784,)."""
    return outputs_of(network, image.unsqueeze(0)).squeeze(0)


def rasterise(strokes):
    """Draw lines with a round brush: (112, 112), 1 for ink and 0 for paper, as NIST's images were."""
    starts, ends = pieces(strokes)
    share = torch.linspace(0, 1, DRAWING).view(-1, 1, 1)  # of the way from start to end
    places = (DRAWING * starts.lerp(ends, share)).long().clamp(0, DRAWING - 1)  # (112, n, 2)
    columns, rows = places.unbind(2)
    touched = torch.zeros(1, 1, DRAWING, DRAWING)
    touched[..., rows, columns] = 1
    offsets = torch.arange(-RADIUS, RADIUS + 1)
    brush = (offsets.square() + offsets.view(-1, 1).square() <= RADIUS**2).float()
    covered = functional.conv2d(touched, brush.expand(1, 1, -1, -1), padding=RADIUS)
    return (covered > 0.5).float()[0, 0]  # a pixel with a touched one under the brush


def pieces(strokes):
    """The straight pieces of all lines: where they start and where they end, (n, 2) each.

    A line of one point, a dot, is a piece that starts and ends there.
    """
    starts, ends = [], []
    for stroke in strokes:
        starts += stroke[:-1] or stroke
        ends += stroke[1:] or stroke
    return [torch.tensor(points, dtype=torch.float32).view(-1, 2) for points in (starts, ends)]


def shrink(drawing):
    """Make (112, 112) smaller, (28, 28): each pixel is the mean of 4 x 4."""
    return functional.avg_pool2d(drawing.view(1, 1, DRAWING, DRAWING), DRAWING // SIDE)[0, 0]


def prepare(drawing):
    """Prepare a drawing of any size, ink 1 on paper 0, as MNIST was: (28, 28)."""
    if not drawing.any():
        return torch.zeros(SIDE, SIDE)
    return move_to_middle(fit_in_box(cut_out(drawing)))


def cut_out(drawing):
    """The smallest rectangle with all ink in it."""
    rows, columns = drawing.nonzero(as_tuple=True)
    return drawing[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def fit_in_box(digit):
    """Bring the longer side to 20 pixels, and the other one in proportion."""
    scale = BOX / max(digit.shape)
    size = [max(1, round(scale * side)) for side in digit.shape]
    digit = digit.unsqueeze(0).unsqueeze(0)  # as one image of one channel
    resized = functional.interpolate(digit, size, mode="bilinear", antialias=True)
    return resized.clamp(0, 1)[0, 0]  # sums of rounded weights can be a hair above 1


def move_to_middle(digit):
    """Put a digit of at most 20 x 20 into 28 x 28, its centre of mass at row 14, column 14.

    It moves by whole pixels, as in MNIST, and never over the edge.
    """
    height, width = digit.shape
    row = (digit.sum(1) @ torch.arange(height).float() / digit.sum()).item()
    column = (digit.sum(0) @ torch.arange(width).float() / digit.sum()).item()
    top = min(max(round(MIDDLE - row), 0), SIDE - height)
    left = min(max(round(MIDDLE - column), 0), SIDE - width)
    image = torch.zeros(SIDE, SIDE)
    image[top : top + height, left : left + width] = digit
    return image
