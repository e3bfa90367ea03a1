"""write_xl.py IMAGE TARGET_FOLDER [PARAMETER...]: for a machine that has Xen: the stripped image as NAME.xen and its configuration as
NAME.xl in the folder, and the command to start it."""

import pathlib
import json
import shlex
import shutil
import sys

import image

CONFIGURATION = """# xl configuration of the Sundog program {name}. Start it with
#
#   xl create -c {file}          -c shows the console; leave it with Control-]
#
# and stop it with `xl shutdown {name}`.

name   = "{name}"
type   = "pvh"                   # not PV, not HVM: the image has a PVH entry and needs no firmware
kernel = "{image}"

memory = 16                      # MiB. 4 is enough for small programs
vcpus  = 1                       # the image uses one: for more cores, start more domains

# The program's parameters, as on a Unix command line; those it does not know are only warned of.
extra  = {parameters}

# A program that fails (a status other than 0, an unhandled exception, a processor exception) counts as crashed.
on_poweroff = "destroy"
on_reboot   = "restart"
on_crash    = "restart"          # "preserve" keeps the dead domain, for xenctx and xl list
"""


def main(program, folder, *parameters):
    name = pathlib.Path(program).name.replace("_", "-")
    folder = pathlib.Path(folder).resolve()
    target, file = folder / f"{name}.xen", folder / f"{name}.xl"
    shutil.copy(image.stripped(program), target)
    file.write_text(CONFIGURATION.format(name=name, file=file, image=target, parameters=json.dumps(shlex.join(parameters))))
    print(f"{file} and {target.name} are written. On a machine with Xen:\n\n  xl create -c {file}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
