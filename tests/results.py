#!/usr/bin/env python3
"""Reads what meson wrote about a test run: results.py BUILD LOG.json…

Prints the output of each test that failed, and as last line "PASSED FAILED SKIPPED"."""

import json
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}  # exit code 77
MAX_LINES = 150  # of one failing test


def tail(text):
    lines = (text or "").rstrip().splitlines()
    if len(lines) > MAX_LINES:
        lines = [f"… {len(lines) - MAX_LINES} lines left out"] + lines[-MAX_LINES:]
    return "\n".join("    " + line for line in lines)


def main(build, logs):
    passed = failed = skipped = 0
    for log in logs:
        with open(log, encoding="utf-8", errors="replace") as file:
            tests = [json.loads(line) for line in file if line.strip()]
        for test in tests:
            result = test["result"]
            if result in PASSED:
                passed += 1
                continue
            if result in SKIPPED:
                skipped += 1
                reason = ((test.get("stdout") or "") + (test.get("stderr") or "")).strip()
                print(f"skipped: {build}: {test['name']}: {reason.splitlines()[-1] if reason else 'no reason given'}")
                continue
            failed += 1
            print(f"\nFAILED: {build}: {test['name']} ({result}, exit code {test.get('returncode')})")
            for stream in ("stdout", "stderr"):
                if test.get(stream):
                    print(tail(test[stream]))
    print(passed, failed, skipped)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
