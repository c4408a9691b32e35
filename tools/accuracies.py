"""Draw what the networks of the notebooks read, from their stored outputs: the README's picture.

python tools/accuracies.py      docs/static/accuracies.svg
"""

import html
import re
import sys

import nbformat
from course import ROOT

PICTURE = ROOT / "docs/static/accuracies.svg"
# What a notebook changes, and how it prints the accuracy: after four epochs, one image a step, seed 0.
FOUR_EPOCHS = {
    "03_baseline_network": ("the baseline", r"test accuracy: ([\d.]+)%"),
    "05_loss_function": ("another loss", r"test accuracy, BCE: ([\d.]+)%"),
    "06_activation_function": ("another activation", r"test accuracy, LeakyReLU: ([\d.]+)%"),
    "07_optimizer": ("another optimizer", r"test accuracy, Adam: ([\d.]+)%"),
    "08_normalization": ("normalization", r"LayerNorm, lr=0.01: .* ([\d.]+)%"),
    "09_combined_model": ("all four", r"combined: .* ([\d.]+)% after 4"),
}
# ... and at the end of the course.
LATER = {
    "10_better_training": ("all four, trained better", r"test accuracy: ([\d.]+)%, standard"),
}
AXIS = (85, 100)  # percent, the ends of the picture
LEFT, RIGHT, ROW = 250, 640, 34  # of the SVG, in pixels


def main():
    PICTURE.write_text(picture(), "utf-8")


def picture():
    """The accuracies as dots, each on its line, as SVG; readable on a light and on a dark page."""
    lines = [text(LEFT, 36, f"{AXIS[0]} %", "middle"), text(RIGHT, 36, f"{AXIS[1]} %", "middle")]
    for number, (name, (change, _)) in enumerate((FOUR_EPOCHS | LATER).items()):
        share, y = stored_accuracy(name), 66 + ROW * number
        x = LEFT + (RIGHT - LEFT) * place(share)
        lines += [
            text(20, y + 5, f"{name[:2]}  {change}"),
            f'<path d="M{LEFT} {y}H{RIGHT}" stroke="#bbb"/>',
            f'<circle cx="{x:.0f}" cy="{y}" r="7" fill="#d55e00"/>',
            text(RIGHT + 90, y + 5, f"{share:.1f} %", "end"),
        ]
    height = 66 + ROW * len(FOUR_EPOCHS | LATER)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 750 {height}" width="750"'
    style = 'font-family="system-ui, sans-serif" font-size="15" fill="#222"'
    page = f'<rect width="750" height="{height}" rx="8" fill="#fff" stroke="#ddd"/>'
    return "\n".join([f"{head} {style}>", page, *lines, "</svg>\n"])


def stored_accuracy(name):
    """What a notebook has printed, in percent."""
    _, pattern = (FOUR_EPOCHS | LATER)[name]
    notebook = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return float(re.findall(pattern, "".join(out.get("text", "") for out in outputs))[-1])


def place(share):
    """Where a share stands between the ends, 0 to 1."""
    return (share - AXIS[0]) / (AXIS[1] - AXIS[0])


def text(x, y, words, anchor="start"):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" xml:space="preserve">{html.escape(words)}</text>'


if __name__ == "__main__":
    sys.exit(main())
