"""The lab: real Xen 4.17, Debian's Linux as dom0, and guests, inside QEMU.

QEMU's software emulation offers AMD SVM with nested paging, so Xen runs PVH guests with no hardware
virtualisation on the host. KVM is used where /proc/cpuinfo shows svm or vmx; a /dev/kvm without
them is one that cannot run Xen.

One Lab is one boot (about 20 s). `run(command)` runs a shell command in dom0; files under
`lab.share` on the host are /lab in dom0. A lab ends with its `with` block, whatever happened in it.
"""

import base64
import ctypes
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import initramfs
import packages

MEMORY = "2G"          # of the emulated machine
DOM0_MEMORY = "768M"   # the rest is the guests'
BOOT_TIMEOUT_S = 240   # a loaded machine without KVM is slow
COMMAND_TIMEOUT_S = 120


def _die_with_parent():
    """Run in QEMU's process before QEMU: it must not outlive a test runner that is killed, nor end by the
    Control-C that a terminal sends to all in the foreground, which is the guest's."""
    os.setpgrp()
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG, linux/prctl.h
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


class CommandFailed(Exception):
    """A command in dom0 left with a status other than zero; the text has its output."""


def has_virtualisation():
    """Whether KVM can run Xen here: a /dev/kvm without these flags runs paravirtual Linux guests only."""
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    return bool(re.search(r"\b(svm|vmx)\b", flags)) and os.access("/dev/kvm", os.R_OK | os.W_OK)


class Lab:
    """A booted hypervisor. `folder` keeps the packages, the initramfs and the logs between runs."""

    def __init__(self, folder, port_forward=None):
        self.folder = pathlib.Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._port_forward = port_forward
        self._count = 0
        self._buffer = b""

    def __enter__(self):
        root = packages.unpack(self.folder)
        self._prepare(root)
        self.run_folder = self.folder / f"run-{time.time_ns()}"
        self.share = self.run_folder / "share"
        self.share.mkdir(parents=True)
        try:
            self._start(root)
            self._await_dom0()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind, error, trace):
        self._stop()
        if kind is None:
            shutil.rmtree(self.run_folder, ignore_errors=True)

    def _prepare(self, root):
        """Make what a boot needs from the packages, once per set of packages and scripts."""
        here = pathlib.Path(__file__).parent
        recipe = "".join((here / name).read_text()
                         for name in ("packages.py", "initramfs.py", "dom0_init"))
        stamp = self.folder / "prepared"
        if stamp.exists() and stamp.read_text() == recipe:
            return
        hypervisor, = root.glob("boot/xen-*-amd64.gz")
        (self.folder / "xen").write_bytes(gzip.decompress(hypervisor.read_bytes()))
        kernel, = root.glob("boot/vmlinuz-*")
        shutil.copy(kernel, self.folder / "vmlinuz")
        initramfs.build(root, self.folder / "dom0.cpio.gz")
        stamp.write_text(recipe)

    @staticmethod
    def _qemu_command(root):
        return [*initramfs.loader(root), root / "usr/bin/qemu-system-x86_64",
                "-nodefaults", "-display", "none", "-no-reboot",
                "-L", root / "usr/share/qemu", "-L", root / "usr/share/seabios", "-L", root / "usr/lib/ipxe/qemu"]

    @staticmethod
    def _environment(root):
        return {"QEMU_MODULE_DIR": str(root / "usr/lib/x86_64-linux-gnu/qemu"), "PATH": "/usr/bin:/bin"}

    def _start(self, root):
        listener = socket.socket(socket.AF_UNIX)
        path = self.run_folder / "control"
        listener.bind(str(path))
        listener.listen(1)
        network = "user,id=n0"
        if self._port_forward:
            network += f",hostfwd=tcp:127.0.0.1:{self._port_forward}-10.0.2.15:80"
        accelerator = ("kvm" if has_virtualisation() else "tcg,thread=multi")
        cpu = "host" if accelerator == "kvm" else "qemu64,+svm,+npt,+smep,+umip,+rdrand"
        arguments = [
            "-accel", accelerator, "-cpu", cpu, "-smp", "2", "-m", MEMORY,
            "-kernel", self.folder / "xen",
            "-append", f"console=com1 com1=115200,8n1 dom0_mem={DOM0_MEMORY},max:{DOM0_MEMORY} "
                       "dom0_max_vcpus=1 guest_loglvl=all",
            "-initrd", f"{self.folder}/vmlinuz console=hvc0 quiet,{self.folder}/dom0.cpio.gz",
            "-serial", f"file:{self.run_folder}/hypervisor.log",
            "-netdev", network, "-device", "virtio-net-pci,netdev=n0,romfile=",
            "-device", "virtio-serial-pci", "-chardev", f"socket,id=control,path={path}",
            "-device", "virtserialport,chardev=control,name=sundog.lab",
            "-virtfs", f"local,path={self.share},mount_tag=lab,security_model=none",
        ]
        self._qemu_log = open(self.run_folder / "qemu.log", "wb")
        self._qemu = subprocess.Popen(
            self._qemu_command(root) + arguments, env=self._environment(root),
            stdin=subprocess.DEVNULL, stdout=self._qemu_log, stderr=self._qemu_log,
            preexec_fn=_die_with_parent)
        listener.settimeout(30)
        try:
            self._control, _ = listener.accept()
        except TimeoutError:
            raise RuntimeError(f"QEMU did not start:\n{self.logs()}") from None
        finally:
            listener.close()

    def _await_dom0(self):
        number, _ = self._answer(BOOT_TIMEOUT_S)
        assert number == 0, "dom0 greets with the number 0"

    def _answer(self, timeout_s):
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._buffer:
            self._control.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                received = self._control.recv(65536)
            except TimeoutError:
                raise TimeoutError(f"dom0 was silent for {timeout_s} s:\n{self.logs()}") from None
            if not received:
                raise RuntimeError(f"QEMU ended:\n{self.logs()}")
            self._buffer += received
        line, self._buffer = self._buffer.split(b"\n", 1)
        number, *output = line.split()
        text = base64.b64decode(output[0]).decode(errors="replace") if output else ""
        return int(number), text

    def logs(self):
        """The last lines of QEMU's and the hypervisor's logs."""
        parts = []
        for name in ("qemu.log", "hypervisor.log"):
            path = self.run_folder / name
            if path.exists():
                lines = path.read_text(errors="replace").splitlines()[-30:]
                parts.append(f"--- {name}\n" + "\n".join(lines))
        return "\n".join(parts)

    def run(self, command, timeout_s=COMMAND_TIMEOUT_S, check=True):
        """Run a shell command in dom0; its output, both streams as one text.

        Raises CommandFailed if it leaves with another status than 0, unless `check` is false.
        """
        self._count += 1
        script = f"{command}\nstatus=$?\necho\necho \"exit $status\"\n"
        self._control.sendall(b"%d %s\n" % (self._count, base64.b64encode(script.encode())))
        number, text = self._answer(timeout_s)
        assert number == self._count, "answers come in the order of the commands"
        text, _, status = text.rstrip("\n").rpartition("\nexit ")
        if check and status != "0":
            raise CommandFailed(f"{command}\nleft with status {status}:\n{text}")
        return text

    def create(self, name, image, command_line="", memory_mib=16, extra="", paused=False):
        """Start a PVH guest; `image` is a file on the host, `extra` more lines of xl configuration. A paused one waits for
        `xl unpause`.

        Its console is collected in dom0's /var/log/xen/console/guest-NAME.log: see console().
        """
        target = self.share / f"{name}.elf"
        shutil.copy(image, target)
        configuration = (f'name = "{name}"\ntype = "pvh"\nkernel = "/lab/{name}.elf"\n'
                         f'memory = {memory_mib}\nvcpus = 1\ntsc_mode = "native"\n'
                         f"extra = {json.dumps(command_line)}\n{extra}\n")
        (self.share / f"{name}.xl").write_text(configuration)
        self.run(f"rm -f /var/log/xen/console/guest-{name}.log; xl create -q {'-p' if paused else ''} /lab/{name}.xl")

    def create_linux(self, name, memory_mib=256):
        """Start Debian's own kernel as a PVH guest, whose init prints /proc/uptime and powers the guest off."""
        target = self.share / "linux.cpio.gz"
        initramfs.build_linux_guest(packages.unpack(self.folder), target)
        self.create(name, self.folder / "vmlinuz", "console=hvc0 quiet", memory_mib, 'ramdisk = "/lab/linux.cpio.gz"')

    def console(self, name):
        """What the guest has written to its console so far."""
        text = self.run(f"cat /var/log/xen/console/guest-{name}.log", check=False)
        return text.replace("\r\n", "\n")

    def await_end(self, name, timeout_s=120):
        """Wait until the domain is gone from `xl list`; its whole console."""
        deadline = time.monotonic() + timeout_s
        while self.run(f"xl domid {name} 2>/dev/null", check=False).strip().isdigit():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} did not end within {timeout_s} s; its console:\n{self.console(name)}")
            time.sleep(0.5)
        return self.console(name)

    def boot_without_xen(self, image, timeout_s=20):
        """What the image says on the first serial port of a machine that has no Xen."""
        root = packages.unpack(self.folder)
        log = self.run_folder / "plain.log"
        machine = subprocess.Popen(
            self._qemu_command(root) + ["-accel", "tcg", "-m", "64M", "-kernel", image, "-serial", f"file:{log}"],
            env=self._environment(root), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and not (log.exists() and b"\n" in log.read_bytes()):
            time.sleep(0.2)
        machine.kill()
        machine.wait()
        return log.read_text(errors="replace")

    def _stop(self):
        if getattr(self, "_qemu", None) is None:
            return
        self._qemu.kill()
        self._qemu.wait()
        self._qemu = None
        self._qemu_log.close()
