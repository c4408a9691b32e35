"""The few names that the notebooks import; each module says what it holds."""

from helpers.device import pick_device
from helpers.gan import GanHistory, train_gan
from helpers.mnist import MnistDataset, load_mnist
from helpers.plots import plot_confusion, plot_gan_losses, plot_loss, plot_outputs, show_image
from helpers.training import History, accuracy, outputs_of, train
