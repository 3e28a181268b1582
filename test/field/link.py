"""A bad link between two network namespaces: a packet that enters one end leaves the other later, or never.

No kernel module is needed: each end is a TUN device, and this program carries the packets. Each direction has its own rate and
a queue of that many bytes in front of it, as a modem has; what does not fit is dropped. The delay comes after that.

    link.py NEAR FAR --delay MS --loss PERCENT --kbits N [--queue BYTES] [--cut-every S --cut-for S]

Prints "up", and at SIGTERM what it carried, as JSON: packets and bytes that arrived in each namespace, those lost, and cuts.
"""

import argparse
import ctypes
import fcntl
import heapq
import itertools
import json
import os
import random
import select
import signal
import struct
import subprocess
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
MTU = 1400


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("near")
    parser.add_argument("far")
    parser.add_argument("--delay", type=float, required=True, help="ms, one way")
    parser.add_argument("--loss", type=float, default=0, help="percent of the packets")
    parser.add_argument("--kbits", type=float, required=True, help="1000 bit/s in each direction")
    parser.add_argument("--queue", type=int, default=64_000, help="bytes that wait to be sent")
    parser.add_argument("--cut-every", type=float, default=0, help="s")
    parser.add_argument("--cut-for", type=float, default=0, help="s")
    return parser.parse_args()


def tun_in(namespace, address, peer):
    """A TUN device with that address in that namespace; this process goes back to its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(there, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"entering {namespace}")
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"sat0", IFF_TUN | IFF_NO_PI))
    for command in (
        ["addr", "add", address, "peer", peer, "dev", "sat0"],
        ["link", "set", "sat0", "mtu", str(MTU), "up"],
        ["link", "set", "lo", "up"],
    ):
        subprocess.run(["ip", *command], check=True)
    libc.setns(home, CLONE_NEWNET)
    os.set_blocking(device, False)
    return device


class Direction:
    def __init__(self, out, given, chance):
        self.out, self.given, self.chance = out, given, chance
        self.free_at = 0.0
        self.packets = self.bytes = self.lost = 0

    def arrival(self, packet, now):
        """When the packet comes out; None where it is lost."""
        per_second = self.given.kbits * 125
        start = max(now, self.free_at)
        if (start - now) * per_second > self.given.queue or is_cut(self.given, now):
            return None
        self.free_at = start + len(packet) / per_second
        return None if self.chance.random() * 100 < self.given.loss else self.free_at + self.given.delay / 1000


began = time.monotonic()


def is_cut(given, now):
    return given.cut_every > 0 and (now - began) % given.cut_every > given.cut_every - given.cut_for


def main():
    given = options()
    near, far = tun_in(given.near, "10.77.0.1", "10.77.0.2"), tun_in(given.far, "10.77.0.2", "10.77.0.1")
    # The same losses in each run.
    chance = random.Random(7)
    directions = {near: Direction(far, given, chance), far: Direction(near, given, chance)}
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    print("up", flush=True)
    under_way, order = [], itertools.count()
    while not stopped:
        now = time.monotonic()
        wait = min(0.2, max(0, under_way[0][0] - now)) if under_way else 0.2
        for device in select.select([near, far], [], [], wait)[0]:
            direction = directions[device]
            while True:
                try:
                    packet = os.read(device, MTU + 100)
                except BlockingIOError:
                    break
                at = direction.arrival(packet, time.monotonic())
                if at is None:
                    direction.lost += 1
                else:
                    heapq.heappush(under_way, (at, next(order), direction, packet))
        while under_way and under_way[0][0] <= time.monotonic():
            _, _, direction, packet = heapq.heappop(under_way)
            direction.packets += 1
            direction.bytes += len(packet)
            os.write(direction.out, packet)
    cuts = int((time.monotonic() - began) // given.cut_every) if given.cut_every > 0 else 0
    carried = {
        name: {"packets": d.packets, "bytes": d.bytes, "lost": d.lost}
        for name, d in (("far", directions[near]), ("near", directions[far]))
    }
    print(json.dumps({**carried, "cuts": cuts}), flush=True)


main()
