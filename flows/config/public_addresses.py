"""Says which IP addresses are those of the internet."""

import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""Addresses of IPv6 that a gateway translates to the IPv4 address in their last 32 bits (RFC 6052)."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: not this machine's, a network's own, or for several receivers.

    An address of IPv6 that stands for one of IPv4 (mapped, 6to4, Teredo, NAT64) is judged by that one too.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    return all(map(_is_of_the_internet, (found, *_embedded(found))))


def _embedded(address: _Address) -> list[_Address]:
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    found: list[_Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def _is_of_the_internet(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:  # judged by the address in it
            return True
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_unspecified)
