"""Tests what must go wrong, and says so in the words the programmer will read.

misuse.py abort SOURCE PROGRAM       PROGRAM must die with SIGABRT
misuse.py compile SOURCE COMPILER... the compiler must refuse SOURCE
misuse.py compile_once SOURCE COMPILER...   and find one error only

The first line of SOURCE is a comment; the text after `// ` must be in what the program or the
compiler said. After `// first: ` it must be in the first error of the compiler's, for what a
programmer does every day: it explains itself before anything that only follows from it.
"""
import signal
import subprocess
import sys


def main() -> str:
    kind, source, *command = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        first_line = file.readline().strip()
    wanted = first_line.removeprefix("// ")
    first_error = wanted.startswith("first: ")
    wanted = wanted.removeprefix("first: ")
    if not first_line.startswith("// ") or not wanted:
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
    errors = [line for line in said.splitlines() if "error: " in line]
    if kind == "compile_once" and len(errors) != 1:
        return f"{said}\nthis is not one error"
    if wanted not in (errors[0] if first_error else said):
        return f"{said}\nthe {'first error' if first_error else 'message'} does not contain: {wanted}"
    return ""


problem = main()
print(problem or "refused, as it must be")
sys.exit(1 if problem else 0)
