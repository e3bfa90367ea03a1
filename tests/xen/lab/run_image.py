"""run_image.py LAB_FOLDER IMAGE [PARAMETER...]: boots the image as a guest of a real Xen, in the lab, and shows its console until it
ends. The status is 0 if the domain powered itself off, 1 if it crashed or failed.

With Control-C the guest is asked to shut down (`xl shutdown`), as SIGTERM would ask a process.
"""

import pathlib
import shlex
import sys
import time

import image
import lab as laboratory
import packages

POLL_S = 0.5
SHUTDOWN_S = 20


def follow(lab, name):
    """Print the console as it grows, until the domain is shut down or gone; whether it crashed."""
    shown, asked_at = 0, None
    while True:
        try:
            row = lab.run(f"xl list {name} 2>/dev/null", check=False).splitlines()
            console = lab.console(name)
            sys.stdout.write(console[shown:])
            sys.stdout.flush()
            shown = len(console)
            letters = row[-1].split()[4] if len(row) > 1 else "s"
            if "s" in letters or "c" in letters:
                return "c" in letters
            if asked_at is not None and time.monotonic() - asked_at > SHUTDOWN_S:
                return True
            time.sleep(POLL_S)
        except KeyboardInterrupt:
            if asked_at is not None:
                return True
            asked_at = time.monotonic()
            lab.run(f"xl shutdown {name}", check=False)


def main(folder, program, *parameters):
    name = pathlib.Path(program).name.replace("_", "-")
    print("==> Booting Xen and dom0 in QEMU", file=sys.stderr)
    try:
        with laboratory.Lab(folder) as lab:
            print(f"==> xl create {name}.xl", file=sys.stderr)
            ends = "".join(f'on_{how} = "preserve"\n' for how in ("poweroff", "reboot", "crash"))
            lab.create(name, image.stripped(program), shlex.join(parameters), extra=ends)
            return 1 if follow(lab, name) else 0
    except packages.Unavailable as why:
        print(f"sundog: the lab cannot be made here: {why}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
