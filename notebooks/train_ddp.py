"""One training in several processes, each with its part of every batch. torchrun starts them:

torchrun --standalone --nproc-per-node 2 train_ddp.py --out weights.pt
"""

import argparse
import os

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from helpers import load_mnist
from helpers.recipes import Recipe


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="the file for the weights")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch-size", type=int, default=100, help="of all processes together")
    options = parser.parse_args()

    device = join()
    rank, processes = dist.get_rank(), dist.get_world_size()
    train_set = load_mnist("train")
    network, optimizer = make_network(device)
    say(f"{processes} processes begin at step 0")
    for step in range(options.steps):
        batch = torch.arange(options.batch_size) + step * options.batch_size
        mine = (batch % len(train_set)).tensor_split(processes)[rank]
        images, targets = train_set.batch(mine)
        take_step(network, optimizer, images.to(device), targets.to(device))
        if (step + 1) % 50 == 0:
            say(f"step {step + 1}")
    if rank == 0:
        torch.save(network.module.state_dict(), options.out)
    leave()


def join():
    """Join the processes that torchrun started; returns the device of this one."""
    if not torch.cuda.is_available():
        dist.init_process_group("gloo")
        return torch.device("cpu")
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    torch.cuda.set_device(device)
    dist.init_process_group("nccl")
    return device


def leave():
    """End this process at once: threads of gloo may still run, and abort a Python that tidies up."""
    dist.destroy_process_group()
    os._exit(0)


def make_network(device):
    """Make the same network in each process, and an optimizer for it."""
    torch.manual_seed(0)
    network = Recipe("mse", "leaky", "sgd", "none").network().to(device)
    network = DistributedDataParallel(network)
    return network, torch.optim.SGD(network.parameters(), lr=0.5)


def take_step(network, optimizer, images, targets):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(network(images), targets)
    loss.backward()  # here DDP averages the gradients of all processes
    optimizer.step()


def say(line):
    """Print a line once, not once a process."""
    if dist.get_rank() == 0:
        print(line, flush=True)


if __name__ == "__main__":
    main()
