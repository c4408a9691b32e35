"""The few names that the notebooks import; each module says what it holds.

They are imported on first use, so that `python -m helpers.environment` runs, and says what is
wrong, where torch is missing or broken.
"""

from importlib import import_module

_MODULES = {
    "pick_device": "device",
    "MnistDataset": "mnist",
    "load_mnist": "mnist",
    "plot_confusion": "plots",
    "plot_loss": "plots",
    "plot_outputs": "plots",
    "show_image": "plots",
    "History": "training",
    "accuracy": "training",
    "train": "training",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    return getattr(import_module(f"helpers.{_MODULES[name]}"), name)


def __dir__():
    return __all__
