"""The README's first program, as it stands.

first_program.py source README OUTPUT   writes its text to OUTPUT, to be compiled
first_program.py run PROGRAM            it must say what the README's reader expects
"""
import subprocess
import sys


def first_program(readme: str) -> str:
    return readme.split("```cpp\n", 1)[1].split("```", 1)[0]


def main() -> str:
    if sys.argv[1] == "source":
        with open(sys.argv[2], encoding="utf-8") as readme, open(sys.argv[3], "w", encoding="utf-8") as out:
            out.write(first_program(readme.read()))
        return ""
    result = subprocess.run([sys.argv[2]], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    said = result.stdout + result.stderr
    if result.returncode != 0 or "woken up" not in said.partition("start")[2]:
        return f"{said}\nit ended with status {result.returncode}; it should say `start` and `woken up`"
    return ""


problem = main()
print(problem)
sys.exit(1 if problem else 0)
