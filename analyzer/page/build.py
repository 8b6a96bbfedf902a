#!/usr/bin/env python3
"""build.py --install | --list | --output FILE: the npm packages of web/, and the built page.

--install brings the packages that web/package-lock.json names, when they are not there yet: nothing is
asked of the registry as long as the lock file stays the same. --list names what the page is made of. --output builds FILE, one HTML file."""
import argparse
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

WEB = pathlib.Path(__file__).resolve().parent / "web"
STAMP = WEB / "node_modules" / ".memshim-lock"


def install():
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == lock:
        return 0
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"], cwd=WEB, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(f"npm ci in {WEB} failed: {done.stdout}", file=sys.stderr)
        return done.returncode
    STAMP.write_text(lock)
    return 0


def build(output):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["node", "node_modules/vite/bin/vite.js", "build", "--logLevel=warn", "--outDir", folder,
                               "--emptyOutDir"], cwd=WEB, check=False)
        if done.returncode == 0:
            shutil.copy(pathlib.Path(folder) / "index.html", output)
        return done.returncode


def sources():
    roots = [path for path in WEB.iterdir() if path.is_file()] + list((WEB / "src").rglob("*"))
    return sorted(path for path in roots if path.is_file())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--output")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        print("\n".join(str(path) for path in sources()))
        return 0
    status = install()
    if status == 0 and options.output:
        status = build(options.output)
    return status


if __name__ == "__main__":
    sys.exit(main())
