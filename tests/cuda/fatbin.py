#!/usr/bin/env python3
"""Reads what nvcc has put into a program, without the toolkit's own tools.

    fatbin.py PROGRAM       prints the libraries it needs, and machine code and PTX per part

A program holds one part (fat binary) per .cu file. It begins with the magic number, two bytes each
of version and header size and eight of what follows; then come entries, each with a header of its
own: kind (1 PTX, 2 machine code), header size, payload size, compressed size, architecture, name.
"""

import collections
import struct
import sys

MAGIC = 0xBA55ED50
PTX, CODE = 1, 2
NEEDED, RPATH, RUNPATH = 1, 15, 29 # tags of an ELF file's dynamic section
DYNAMIC = 6 # the type of that section

Entry = collections.namedtuple("Entry", "kind architecture is_compressed payload")


def read_entries(data, begin, end):
    """Returns the entries of one part, which are at data[begin:end]."""
    entries = []
    while begin + 64 <= end:
        kind, _, header_size, size = struct.unpack_from("<HHIQ", data, begin)
        compressed, _, _, _, architecture = struct.unpack_from("<IIHHI", data, begin + 16)
        if kind not in (PTX, CODE) or header_size < 64 or begin + header_size + size > end:
            raise ValueError(f"no entry of a fat binary at byte {begin}")
        payload = data[begin + header_size:begin + header_size + size]
        entries.append(Entry(kind, architecture, compressed != 0, payload))
        begin += header_size + size
    return entries


def read_parts(data):
    """Returns a list of entries per part."""
    parts = []
    at = data.find(struct.pack("<I", MAGIC))
    while at >= 0:
        version, header_size, size = struct.unpack_from("<HHQ", data, at + 4)
        begin = at + header_size
        if version == 1 and begin + size <= len(data):
            parts.append(read_entries(data, begin, begin + size))
            begin += size
        at = data.find(struct.pack("<I", MAGIC), begin)
    return parts


def read_dynamic(data, tags):
    """Returns the strings of these tags of a 64 bit ELF file's dynamic section."""
    if data[:5] != b"\x7fELF\x02":
        raise ValueError("not a 64 bit ELF file")
    (table,) = struct.unpack_from("<Q", data, 0x28)
    entry_size, n_sections = struct.unpack_from("<HH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQII", data, table + i * entry_size)
                for i in range(n_sections)]
    found = []
    for _, kind, _, _, offset, size, link, _ in sections:
        for at in range(offset, offset + size, 16) if kind == DYNAMIC else ():
            tag, value = struct.unpack_from("<QQ", data, at)
            if tag in tags:
                begin = sections[link][4] + value
                found.append(data[begin:data.index(b"\0", begin)].decode())
    return found


def name(entry):
    return f"{'sm' if entry.kind == CODE else 'compute'}_{entry.architecture}"


def main():
    with open(sys.argv[1], "rb") as program:
        data = program.read()
    print("needs", *read_dynamic(data, (NEEDED,)))
    for number, entries in enumerate(read_parts(data), 1):
        sizes = (f"{name(entry)}{' (compressed)' if entry.is_compressed else ''}"
                 f" {len(entry.payload)} bytes" for entry in entries)
        print(f"part {number}:", ", ".join(sizes))


if __name__ == "__main__":
    main()
