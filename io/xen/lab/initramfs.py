"""dom0's root file system: an initramfs made of the unpacked packages' files.

Holds busybox, Xen's toolstack with every library it loads, the kernel modules in the order in which
they must be inserted, and `dom0_init` as /init. Written by hand in the kernel's "newc" cpio format
(Documentation/driver-api/early-userspace/buffer-format.rst), so that no root and no cpio is needed.
"""

import gzip
import os
import pathlib
import re
import subprocess

PROGRAMS = [
    "bin/busybox", "bin/bash", "sbin/ip", "usr/sbin/brctl",
    *(f"usr/bin/xenstore{name}" for name in
      ("", "-exists", "-list", "-ls", "-read", "-rm", "-watch", "-write", "-chmod")),
    *(f"usr/lib/xen-4.17/bin/{name}" for name in
      ("xl", "xenstored", "xenconsoled", "xenconsole", "xen-init-dom0", "xenctx", "xentrace")),
]
FOLDERS = ["etc/xen", "usr/lib/xen-common"]

# libgcc_s is loaded by pthread_cancel, by name: no DT_NEEDED tells of it, and xl aborts without it.
EXTRA_LIBRARIES = ["lib/x86_64-linux-gnu/libgcc_s.so.1"]

MODULES = [
    "xen-privcmd", "xen-evtchn", "xen-gntdev", "xen-gntalloc", "xenfs", "bridge", "xen-netback",
    "xen-blkback", "loop", "virtio_pci", "virtio_net", "virtio_blk", "virtio_console",
    "9pnet_virtio", "9p",
]


class Cpio:
    """An archive in memory; folders above a file come by themselves."""

    def __init__(self):
        self._parts, self._made, self._inode = [], set(), 0

    def _entry(self, name, mode, content=b"", device=(0, 0)):
        self._inode += 1
        fields = (self._inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        self._parts += [head, b"\0" * (-len(head) % 4), content, b"\0" * (-len(content) % 4)]

    def folder(self, name):
        if name and name != "." and name not in self._made:
            self.folder(os.path.dirname(name))
            self._made.add(name)
            self._entry(name, 0o040755)

    def file(self, name, content, mode=0o755):
        if name not in self._made:
            self.folder(os.path.dirname(name))
            self._made.add(name)
            self._entry(name, 0o100000 | mode, content)

    def link(self, name, target):
        self.folder(os.path.dirname(name))
        self._made.add(name)
        self._entry(name, 0o120777, target.encode())

    def device(self, name, major, minor):
        self.folder(os.path.dirname(name))
        self._entry(name, 0o020600, device=(major, minor))

    def bytes(self):
        self._entry("TRAILER!!!", 0)
        return b"".join(self._parts)


def inside(root, name):
    """The file of this name in the tree. Links in packages are absolute at times: as they stand they would
    lead to the host's files, which differ or are not there."""
    path = root / name
    while path.is_symlink():
        path = root / os.path.join("/", os.path.dirname(path.relative_to(root)), os.readlink(path)).lstrip("/")
    return path


def loader(root):
    """The command that starts one of the tree's programs with the tree's own libraries."""
    libraries = [root / "lib/x86_64-linux-gnu", root / "usr/lib/x86_64-linux-gnu"]
    return [str(inside(root, "lib64/ld-linux-x86-64.so.2")), "--library-path",
            ":".join(map(str, libraries))]


def _libraries(root, programs):
    """Paths, relative to the root, of every shared library the programs load."""
    found = set(EXTRA_LIBRARIES) | {"lib64/ld-linux-x86-64.so.2"}
    for program in programs:
        listed = subprocess.run([*loader(root), "--list", inside(root, program)], capture_output=True,
                                text=True, check=False).stdout
        if "not found" in listed:
            raise RuntimeError(f"{program}: a library is missing:\n{listed}")
        found |= {str(pathlib.Path(path).relative_to(root))
                  for path in re.findall(rf"=> ({re.escape(str(root))}/\S+)", listed)}
    return sorted(found)


def _modules(root):
    """The wanted modules after those they depend on: name to file."""
    files = {path.name.split(".ko")[0].replace("-", "_"): path
             for path in (root / "lib/modules").rglob("*.ko*")}
    ordered = {}

    def add(name):
        name = name.replace("-", "_")
        if name in ordered:
            return
        needs = re.search(rb"\0depends=([^\0]*)\0", files[name].read_bytes())
        for need in filter(None, needs.group(1).decode().split(",")):
            add(need)
        ordered[name] = files[name]

    # virtio's PCI transport finds its two halves by symbol, not all of them named as dependencies.
    for name in ("virtio_pci_legacy_dev", "virtio_pci_modern_dev", *MODULES):
        add(name)
    return ordered


def build(root, target):
    """Write dom0's initramfs to `target`, made from the unpacked packages at `root`."""
    archive = Cpio()
    for name in ("dev", "proc", "sys", "run", "tmp", "lab", "var/log/xen/console",
                 "var/lib/xen", "var/lib/xenstored", "run/xen", "run/xenstored", "run/lock"):
        archive.folder(name)
    archive.link("var/run", "/run")
    archive.link("var/lock", "/run/lock")
    archive.device("dev/console", 5, 1)
    archive.file("init", (pathlib.Path(__file__).parent / "dom0_init").read_bytes())
    for program in PROGRAMS:
        archive.file(program, inside(root, program).read_bytes())
    for library in _libraries(root, PROGRAMS):
        archive.file(library, inside(root, library).read_bytes())
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = str(path.relative_to(root))
            if path.is_symlink():
                archive.link(name, os.readlink(path))
            elif path.is_file():
                archive.file(name, path.read_bytes())
    modules = _modules(root)
    for name, path in modules.items():
        archive.file(f"modules/{name}.ko", path.read_bytes())
    archive.file("modules/order", "\n".join(modules).encode() + b"\n", 0o644)
    target.write_bytes(gzip.compress(archive.bytes(), 1))


def build_linux_guest(root, target):
    """Write an initramfs for a Linux guest to be compared with: its init says when it began and ends."""
    archive = Cpio()
    for name in ("dev", "proc"):
        archive.folder(name)
    archive.device("dev/console", 5, 1)
    archive.file("bin/busybox", inside(root, "bin/busybox").read_bytes())
    archive.file("init", b"#!/bin/busybox sh\n/bin/busybox mount -t proc proc /proc\n"
                         b"echo uptime $(/bin/busybox cat /proc/uptime)\n/bin/busybox sleep 1\n"
                         b"/bin/busybox poweroff -f\n")
    target.write_bytes(gzip.compress(archive.bytes(), 1))
