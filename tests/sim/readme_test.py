"""The simulator's page shows a test as it is compiled: readme_test.py PAGE TWENTY_LINES"""
import sys

with open(sys.argv[1], encoding="utf-8") as readme, open(sys.argv[2], encoding="utf-8") as program:
    shown = f"```cpp\n{program.read()}```\n"
    if shown not in readme.read():
        print("the page's simulated test is not this one:\n" + shown)
        sys.exit(1)
