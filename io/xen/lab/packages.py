"""The lab's programs: Debian packages, downloaded and unpacked under the build folder.

Nothing is installed on the host and no root is needed: apt runs on a state folder of its own, whose
package status is empty, so that it names the whole closure of what the lab asks for. The closure is
unpacked into one tree, which is at once the home of QEMU (started through the tree's own dynamic
loader, so that the host's libraries do not matter) and the quarry of dom0's initramfs.

`python3 packages.py FOLDER` downloads and unpacks; a second call with an unchanged list is free.
"""

import pathlib
import re
import shutil
import subprocess
import sys

WANTED = [
    "qemu-system-x86", "ipxe-qemu", "seabios",                      # the machine
    "xen-hypervisor-4.17-amd64", "xen-utils-4.17", "xenstore-utils",  # the hypervisor, its tools
    "linux-image-amd64", "kmod",                                    # dom0's (and one guest's) kernel
    "busybox-static", "bash", "iproute2", "bridge-utils",           # dom0's user land
]

# In the closure by way of maintainer scripts and features the lab never starts.
UNNEEDED = re.compile(
    r"^(gcc|cpp|binutils|lib(asan|lsan|tsan|ubsan|gprofng|ctf|isl|mpc|mpfr|cc1|itm|quadmath|gcc-12)"
    r"|python3|iso-codes|initramfs-tools|klibc|media-types|debconf|adduser|passwd|dpkg|tar$|ucf"
    r"|libpam|libdb5|libsemanage|libsepol|base-files|sensible|readline-common|logsave|cpio|udev)")


class Unavailable(Exception):
    """The packages are not available here; the text says why."""


def _apt(folder, *arguments):
    """Run apt-get on the lab's own state folder and return what it printed."""
    settings = folder / "apt.conf"
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    settings.write_text(
        f'Dir::State "{folder}/state";\nDir::State::status "{folder}/status";\n'
        f'Dir::Cache "{folder}/cache";\nDebug::NoLocking "1";\nAPT::Sandbox::User "";\n'
        'APT::Install-Recommends "0";\nAcquire::Retries "2";\n')
    done = subprocess.run(["apt-get", *arguments], capture_output=True, text=True, cwd=folder,
                          env={"APT_CONFIG": str(settings), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                               "LC_ALL": "C"})
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise Unavailable(f"apt-get {arguments[0]} failed: {reason}")
    return done.stdout


def _closure(folder):
    """Every package the wanted ones need, as `name=version`, less the unneeded."""
    plan = _apt(folder, "-s", "install", *WANTED)
    found = re.findall(r"^Inst (\S+) \((\S+) ", plan, re.MULTILINE)
    return [f"{name}={version}" for name, version in found if not UNNEEDED.match(name)]


def unpack(folder):
    """The folder that holds the unpacked packages, downloading what is missing."""
    folder = pathlib.Path(folder).resolve()
    root, stamp = folder / "root", folder / "unpacked"
    recipe = pathlib.Path(__file__).read_text()
    if stamp.exists() and stamp.read_text() == recipe:
        return root
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Unavailable("this host has no apt-get and dpkg-deb")
    apt = folder / "apt"
    apt.mkdir(parents=True, exist_ok=True)
    _apt(apt, "update")
    archives = folder / "packages"
    archives.mkdir(exist_ok=True)
    names = _closure(apt)
    wanted = {tuple(name.replace(":", "%3a").split("=")): name for name in names}
    held = set()
    for package in archives.glob("*.deb"):
        version = tuple(package.name.split("_")[:2])
        if version in wanted:
            held.add(version)
        else:
            package.unlink()  # an earlier version: two kernels in one tree are one too many
    missing = [name for version, name in wanted.items() if version not in held]
    if missing:
        _apt(apt, "download", *missing)
        for package in apt.glob("*.deb"):
            package.rename(archives / package.name)
    shutil.rmtree(root, ignore_errors=True)
    for directory in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64"):  # merged, as Debian's own
        (root / directory).mkdir(parents=True)
        (root / pathlib.Path(directory).name).symlink_to(directory)
    for package in sorted(archives.glob("*.deb")):
        data = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "--no-same-owner", "--keep-directory-symlink", "-C", root],
                       stdin=data.stdout, check=True)
        data.stdout.close()
        if data.wait() != 0:
            raise Unavailable(f"{package.name} does not unpack")
    stamp.write_text(recipe)
    return root


if __name__ == "__main__":
    try:
        print(unpack(sys.argv[1]))
    except Unavailable as why:
        sys.exit(f"skipped: {why}")
