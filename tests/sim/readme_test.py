"""The README shows a simulated test as it is compiled: readme_test.py README TWENTY_LINES"""
import sys

with open(sys.argv[1], encoding="utf-8") as readme, open(sys.argv[2], encoding="utf-8") as program:
    shown = f"```cpp\n{program.read()}```\n"
    if shown not in readme.read():
        print("the README's simulated test is not this one:\n" + shown)
        sys.exit(1)
