"""Boots a program on Xen: boot.py image|run|xl FOLDER PROGRAM [PARAMETER...]

PROGRAM is the file that was linked; the domain gets its name. FOLDER keeps what is made here: the lab, the files for `xl`.

image: makes the image of what was linked, and says so if that was not done before.

run: shows the program's console until it ends; the status is 0 if the domain powered itself off, 1 if it crashed. The Xen is
the lab's (this folder), with Debian's Linux as dom0, in QEMU. Control-C asks the guest to shut down, as SIGTERM would ask a
process. On a machine that is a Xen dom0 itself nothing is started: what `xl` says follows.

xl: writes the image and its xl configuration, with comments, for a machine that has Xen, and says how to start it.
"""

import json
import pathlib
import shlex
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True  # the source folder stays as it is
import image  # noqa: E402
import lab as laboratory  # noqa: E402
import packages  # noqa: E402

POLL_S = 0.5
SHUTDOWN_S = 20

CONFIGURATION = """# xl configuration of the Sundog program {name}. Start it with
#
#   xl create -c {name}.xl       -c shows the console; leave it with Control-]
#
# and stop it with `xl shutdown {name}`.

name   = "{name}"
type   = "pvh"                   # not PV, not HVM: the image has a PVH entry and needs no firmware
kernel = "{image}"

memory = 16                      # MiB; small programs run in 2
vcpus  = 1                       # the image uses one: for more cores, start more domains

# The image's clock is right by the processor's own counter on any host. Xen's default makes each reading of it an exit on
# hosts whose counters it does not trust.
tsc_mode = "native"

# The program's parameters, as on a Unix command line; those it does not know are only warned of.
extra  = {parameters}

# Network interfaces, one entry each; the program's vif 0 is the first. {network} The bridge is dom0's, for instance
#
#   ip link add xenbr0 type bridge; ip link set eth0 master xenbr0; ip link set xenbr0 up
#
# An entry may also say mac=00:16:3e:..., mtu=..., script=vif-route for a host without bridge, backend=NAME for a driver domain.
# They may come and go while the program runs: `xl network-attach {name} bridge=xenbr0`, `xl network-detach {name} 0`.
{vif}

# A program that fails (a status other than 0, an exception without handler, a processor fault) counts as crashed.
on_poweroff = "destroy"
on_reboot   = "restart"
on_crash    = "restart"          # "preserve" keeps the dead domain for `xl list` and xenctx
"""


class Interrupts:
    """Counts Control-C instead of raising: an answer of the lab's must not be cut in two."""

    def __enter__(self):
        self.count = 0
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error):
        signal.signal(signal.SIGINT, self._before)

    def _note(self, *_):
        self.count += 1


def follow(lab, name):
    """Print the console as it grows, until the domain has stopped; whether it crashed, or had to be killed."""
    shown, asked_at = 0, None
    with Interrupts() as interrupts:
        while True:
            rows = lab.run(f"xl list {name} 2>/dev/null", check=False).splitlines()
            console = lab.console(name)
            sys.stdout.write(console[shown:])
            sys.stdout.flush()
            shown = len(console)
            letters = rows[-1].split()[4] if len(rows) > 1 else "s"
            if "s" in letters or "c" in letters:
                return "c" in letters
            if interrupts.count > 1 or (asked_at is not None and time.monotonic() - asked_at > SHUTDOWN_S):
                return True
            if interrupts.count == 1 and asked_at is None:
                print(f"==> xl shutdown {name} (again to end it at once)", file=sys.stderr)
                asked_at = time.monotonic()
                lab.run(f"xl shutdown {name}", check=False)
            time.sleep(POLL_S)


def write_image(folder, program, parameters):
    before = image.made_at(program)
    target = image.packed(program)
    if image.made_at(program) != before:
        print(f"==> The image is {target} ({target.stat().st_size} bytes)", file=sys.stderr)
    return 0


def network_lines(program):
    """What the configuration says of network interfaces: whether the program uses any, and the line for one."""
    if b"XenNetwork" in program.read_bytes():  # by the names that the linked file keeps
        return "It uses the network and waits until there is one.", "vif = [ 'bridge=xenbr0' ]"
    return "It uses none.", "# vif = [ 'bridge=xenbr0' ]"


def domain_name(program):
    return program.name.replace("_", "-")


def write_xl(folder, program, parameters):
    domain = domain_name(program)
    target, file = folder / f"{domain}.xen", folder / f"{domain}.xl"
    packed = image.packed(program)
    if packed != target:
        shutil.copy(packed, target)
    network, vif = network_lines(program)
    file.write_text(CONFIGURATION.format(name=domain, image=target, parameters=json.dumps(shlex.join(parameters)),
                                         network=network, vif=vif))
    print(f"The image is {target} ({target.stat().st_size} bytes). On a machine with Xen:\n\n  xl create -c {file}\n")
    return 0


def run(folder, program, parameters):
    domain = domain_name(program)
    print("==> Booting Xen and dom0 in QEMU", file=sys.stderr)
    try:
        with laboratory.Lab(folder / "xen-lab") as lab:
            print(f"==> xl create {domain}.xl", file=sys.stderr)
            ends = "".join(f'on_{end} = "preserve"\n' for end in ("poweroff", "reboot", "crash"))
            # Emulated time stalls by itself; who wants the detector says --stall, and the last one counts.
            _, vif = network_lines(program)
            lab.create(domain, image.packed(program), shlex.join(["--stall=0", *parameters]), extra=ends + vif)
            return 1 if follow(lab, domain) else 0
    except packages.Unavailable as why:
        print(f"sundog: the lab cannot be made here: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("sundog: stopped before the program began", file=sys.stderr)
        return 130


def is_dom0():
    capabilities = pathlib.Path("/proc/xen/capabilities")
    return capabilities.exists() and "control_d" in capabilities.read_text()


def main(verb, folder, program, *parameters):
    folder, program = pathlib.Path(folder).resolve(), pathlib.Path(program).resolve()
    if verb == "run" and is_dom0():
        verb = "xl"
    return {"image": write_image, "xl": write_xl, "run": run}[verb](folder, program, parameters)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
