"""Measure this machine's devices, and add the rows to data/results/devices.csv: `make devices`."""

import torch
from results import RESULTS, add_rows

from helpers.device import device_name, pick_device, sweep


def main():
    devices = [torch.device("cpu")]
    if pick_device().type != "cpu":
        devices.append(pick_device())
    for device in devices:
        rows = sweep(device)
        add_rows(RESULTS / "devices.csv", rows)
        print(f"{device_name(device)}: {len(rows)} rows added to {RESULTS / 'devices.csv'}")


if __name__ == "__main__":
    main()
