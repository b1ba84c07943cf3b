"""Which addresses of a laptop the room can reach, the likeliest first.

Nothing is sent to find out: a room without a way to the internet has no route to ask about.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Any, NamedTuple

# Adapters that lead into the machine itself, or away from the room.
INSIDE = re.compile(
    r"docker|veth|virbr|vmnet|vbox|virtual|vethernet|wsl|br-|lxc|tun|tap|wg|tailscale|zt|ppp|utun"
    r"|vpn|bluetooth|awdl|llw|bridge|loopback",
    re.IGNORECASE,
)
RADIO = re.compile(r"wi-?fi|wlan|wlp|wlx|wireless|en0$", re.IGNORECASE)
# What an adapter gives itself where nobody hands out addresses.
MADE_UP = ipaddress.ip_network("169.254.0.0/16")


class Address(NamedTuple):
    """An address of this machine, and the adapter that has it."""

    ip: str
    adapter: str


def addresses(adapters: dict[str, list[Any]] | None = None, up: Any = None) -> list[Address]:
    """Return the IPv4 addresses of this machine that others may reach, the likeliest first.

    Parameters
    ----------
    adapters : dict of list, optional
        By name what ``psutil.net_if_addrs`` says of it; asked of the machine if not given.
    up : collection of str, optional
        The names of those that are connected.

    Returns
    -------
    list of Address
        Empty where the machine is in no network.
    """
    if adapters is None:
        import psutil

        adapters = psutil.net_if_addrs()
        up = {name for name, facts in psutil.net_if_stats().items() if facts.isup}
    found = [
        Address(entry.address, name)
        for name, entries in adapters.items()
        for entry in entries
        if entry.family == socket.AF_INET and (up is None or name in up)
    ]
    kept = [one for one in found if not ipaddress.ip_address(one.ip).is_loopback]
    return sorted(kept, key=_likely)


def _likely(one: Address) -> tuple:
    """Return what addresses are sorted by: real adapters, private networks, wireless ones first."""
    ip = ipaddress.ip_address(one.ip)
    return (
        ip in MADE_UP,
        bool(INSIDE.search(one.adapter)),
        not ip.is_private,
        not RADIO.search(one.adapter),
        one.adapter,
        int(ip),
    )


def is_of_this_machine(host: str) -> bool:
    """Return whether a request came by a name that no page elsewhere can turn to this machine.

    A page in a browser can have its own name point here; it cannot come by a bare address, by
    ``localhost`` or by the name of the machine in its network.

    Parameters
    ----------
    host : str
        As the request says it, with or without a port.
    """
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    name = name.strip("[]").casefold()
    mine = socket.gethostname().casefold().partition(".")[0]
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in {"localhost", mine, f"{mine}.local"}
    return True
