"""Reads what xentrace has written (xen/trace.h): how often a guest came out to the hypervisor, and why."""

import collections
import struct

CPU_EVENT_BITS, LOST_RECORDS = 0x0FFFFFFF, 0x1F001
EXITS = (0x81002, 0x81102)  # TRC_HVM_VMEXIT, and the same from 64-bit code; the first word is the processor's reason
REASONS = {0x60: "interrupt of the host", 0x6E: "RDTSC", 0x72: "CPUID", 0x78: "HLT", 0x7B: "port", 0x7C: "MSR", 0x81: "hypercall",
           0x400: "page not present in the host's table",
           **{number: f"write to CR{number - 0x10}" for number in range(0x10, 0x20)},
           **{number: f"read of CR{number}" for number in range(0x10)}}  # AMD's, which QEMU emulates
HVM_EVENTS = 0x0008F000  # what xentrace is asked for


class Lost(Exception):
    """Xen's buffers were full: the counts would be too small."""


def exits(trace):
    """The exits in a whole trace, by reason."""
    counted, place = collections.Counter(), 0
    while place + 4 <= len(trace):
        header, = struct.unpack_from("<I", trace, place)
        event, words, has_time = header & CPU_EVENT_BITS, header >> 28 & 7, header >> 31
        place += 4 + 8 * has_time
        data = struct.unpack_from(f"<{words}I", trace, place)
        place += 4 * words
        if event == LOST_RECORDS:
            raise Lost(f"{data[0]} records were lost")
        if event in EXITS:
            counted[REASONS.get(data[0], f"reason {data[0]:#x}")] += 1
    return counted
