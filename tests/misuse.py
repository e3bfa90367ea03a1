"""Tests what must go wrong, and says so in the words the programmer will read.

misuse.py abort SOURCE PROGRAM       PROGRAM must die with SIGABRT
misuse.py compile SOURCE COMPILER... the compiler must refuse SOURCE
misuse.py compile_once SOURCE COMPILER...   and find one error only

The first line of SOURCE is a comment; the text after `// ` must be in what the program or the
compiler said.
"""
import signal
import subprocess
import sys


def main() -> str:
    kind, source, *command = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        first_line = file.readline().strip()
    wanted = first_line.removeprefix("// ")
    if wanted == first_line or not wanted:
        return f"{source}: the first line must be `// ` and the text to expect"
    compiles = kind in ("compile", "compile_once")
    if compiles:
        command.append(source)
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            errors="replace")
    said = result.stderr
    if kind == "abort" and result.returncode != -signal.SIGABRT:
        return f"{said}\nit ended with status {result.returncode}, not by SIGABRT"
    if compiles and result.returncode == 0:
        return "it compiled"
    if kind == "compile_once" and said.count(" error: ") != 1:
        return f"{said}\nthis is not one error"
    if wanted not in said:
        return f"{said}\nthe message does not contain: {wanted}"
    return ""


problem = main()
print(problem or "refused, as it must be")
sys.exit(1 if problem else 0)
