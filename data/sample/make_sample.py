"""Make the built-in sample: real handwriting in MNIST's format, small enough to ship.

    python data/sample/make_sample.py

The source is the UCI set "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak,
CC BY 4.0), which scikit-learn ships: 1,797 digits of 8 x 8 pixels, writer after writer. Each is
scaled to 20 x 20 in the middle of 28 x 28, as MNIST does. The test rows are the last 500 digits,
untouched; the 6,000 training rows are random shifts, turns and scalings of the first 1,287, those of
the writers before: no writer's hand is in both.
"""

import gzip
import itertools
from pathlib import Path

import numpy as np
from scipy.ndimage import affine_transform
from sklearn.datasets import load_digits

FOLDER = Path(__file__).parent
TRAIN_DIGITS, TEST_DIGITS = slice(0, 1287), slice(1297, 1797)
TRAIN_ROWS = 6000
CENTRE = np.array([13.5, 13.5])


def draw(digit, angle=0.0, scale=1.0, shift=(0.0, 0.0)):
    """Return an 8 x 8 digit (0..16) as 28 x 28 bytes, turned by `angle` radians and so on.

    Doubled contrast makes the strokes as dark as MNIST's; 16 grey levels keep the file small.
    """
    pixels_per_cell = 20 / 8 * scale
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn / pixels_per_cell
    offset = np.array([3.5, 3.5]) - matrix @ (CENTRE + shift)
    image = affine_transform(
        digit / 16, matrix, offset, output_shape=(28, 28), order=1, mode="grid-constant"
    )
    levels = np.minimum(2 * image, 1) * 15
    return (17 * np.rint(levels.round(6))).astype(np.uint8)  # round(6): the same on any processor


def sample():
    """Return {"train": rows, "test": rows}: label, then 784 pixels, as uint8."""
    pixels, labels = load_digits(return_X_y=True)
    digits = list(zip(labels, pixels.reshape(-1, 8, 8), strict=True))
    rng = np.random.default_rng(0)
    train = []
    for label, digit in itertools.islice(itertools.cycle(digits[TRAIN_DIGITS]), TRAIN_ROWS):
        angle, scale = rng.uniform((-0.12, 0.95), (0.12, 1.05))
        image = draw(digit, angle, scale, shift=rng.uniform(-1, 1, 2))
        train.append([label, *image.flatten()])
    rng.shuffle(train)
    test = [[label, *draw(digit).flatten()] for label, digit in digits[TEST_DIGITS]]
    return {"train": np.array(train, np.uint8), "test": np.array(test, np.uint8)}


def as_csv(rows):
    return "".join(",".join(map(str, row)) + "\n" for row in rows.tolist()).encode("ascii")


if __name__ == "__main__":
    for split, rows in sample().items():
        path = FOLDER / f"mnist_{split}.csv.gz"
        path.write_bytes(gzip.compress(as_csv(rows), compresslevel=9, mtime=0))
        print(f"{path.name}: {len(rows):,} rows, {path.stat().st_size:,} bytes")
