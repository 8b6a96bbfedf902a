"""C libraries of other releases, unpacked, and test programs built for them.

Debian's are fetched by apt with a configuration of its own (the machine's is left alone); those of Ubuntu's first
releases, which never change, by their checksums. They go into the build directory and are kept there. A program names its loader and its libraries' folder itself, so that it runs as it is, and what it
starts runs on the machine's own C library.
"""
import collections
import hashlib
import os
import pathlib
import platform
import subprocess
import urllib.request

import runner

# `files`: of UBUNTU, with their SHA-256; none: of Debian. Ubuntu's archive is asked only when all are wanted
# (tools/check --full): it cannot be reached from everywhere that Debian's can.
Release = collections.namedtuple("Release", "name version files", defaults=((),))
ALL_RELEASES = [
    # The oldest that can be had.
    Release("bionic", "2.27", (
        ("glibc/libc6_2.27-3ubuntu1_amd64.deb", "1e1eb86fd646aa68f7144ec692b837b6b352d215880c6a2d0c92c19d36938427"),
        ("glibc/libc6-dev_2.27-3ubuntu1_amd64.deb", "e426c70a940a7d0c5c95823a5fd01f26bd8bcb08d109df2f8c96c439da8dc440"),
        ("gcc-8/libgcc1_8-20180414-1ubuntu2_amd64.deb", "c5a6df527fdfe0da45ff0538414535a04a6753e93a9f5902689cf1a73265423b"))),
    Release("bullseye", "2.31"),
    # Frees the thread-local data of libraries that have gone from within its look-up of such data.
    Release("noble", "2.39", (
        ("glibc/libc6_2.39-0ubuntu8_amd64.deb", "af36c7ac770770fe3d3c10e85d6bc538e76e57570ba7db7d397fb9f654783ef3"),
        ("glibc/libc6-dev_2.39-0ubuntu8_amd64.deb", "1f03b79223d9cf1a6ed3a648f6942619dcb97b2884dba8fd12e262b6771e247a"),
        ("gcc-14/libgcc-s1_14-20240412-0ubuntu1_amd64.deb", "a39efdcaa2245f026dc3254ce14fcff255fc430a17064632b6ba7c5da974a912"))),
    Release("trixie", "2.41")]
RELEASES = [release for release in ALL_RELEASES
            if not release.files or os.environ.get("MEMSHIM_RELEASES") == "all"]
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR = "http://deb.debian.org/debian"
UBUNTU = "http://archive.ubuntu.com/ubuntu/pool/main/g/"
# Further sources of a program, and how libraries are built.
LIBRARIES = {"plugin_a.so": ("plugin.c", []), "plugin_b.so": ("plugin.c", ["-DPLUGIN_B"]),
             "hazards/tls_plugin.so": ("hazards/tls_plugin.c", []), "hazards/deep_plugin.so": ("hazards/deep_plugin.c", []),
             "hazards/foreign.so": ("hazards/foreign.c", []),
             "libnss_late.so.2": ("hazards/nss_late.c", [])}


def run(*words, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f"{words}: {done.stdout[-1000:]} {done.stderr[-2000:]}"
    return done.stdout


def download(files, folder):
    for name, sha256 in files:
        with urllib.request.urlopen(UBUNTU + name, timeout=60) as answer:
            content = answer.read()
        assert hashlib.sha256(content).hexdigest() == sha256, name
        (folder / pathlib.Path(name).name).write_bytes(content)


def download_by_apt(release, folder):
    for name in ("lists/partial", "cache/archives/partial", "sources"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "sources.list").write_text(f"deb [signed-by={KEYS}] {MIRROR} {release.name} main\n")
    (folder / "apt.conf").write_text(f'''Dir::State::lists "{folder}/lists";
Dir::State::status "/dev/null";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "{folder}/sources";
APT::Sandbox::User "";
''')
    apt = {"APT_CONFIG": str(folder / "apt.conf"), "PATH": "/usr/bin:/bin"}
    run("apt-get", "update", "-q", env=apt)
    run("apt-get", "download", "-q", "libc6", "libc6-dev", "libgcc-s1", env=apt, cwd=folder / "debs")


def fetch(release, folder):
    """Downloads and unpacks a release's C library; the folder its tree is in."""
    tree = folder / "tree"
    if (folder / "complete").exists():
        return tree
    for name in ("tree", "debs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if release.files:
        download(release.files, folder / "debs")
    else:
        download_by_apt(release, folder)
    for package in (folder / "debs").glob("*.deb"):
        run("dpkg", "-x", package, tree)
    for link in [path for path in tree.rglob("*") if path.is_symlink() and path.readlink().is_absolute()]:
        target = tree / link.readlink().relative_to("/")  # it would lead to the machine's own
        link.unlink()
        link.symlink_to(target)
    (folder / "complete").touch()
    return tree


def loader_of(tree):
    """(the loader, the folder of the libraries)"""
    folder = next(path for path in (tree / "usr/lib/x86_64-linux-gnu", tree / "lib/x86_64-linux-gnu")
                  if (path / "libc.so.6").exists())
    return folder / "ld-linux-x86-64.so.2", folder


def prepare(release, names):
    """The folder with the programs `names` (as below tests/programs) and LIBRARIES for a release."""
    folder = runner.build_dir() / "glibc" / release.name
    tree = fetch(release, folder)
    loader, libraries = loader_of(tree)
    programs = folder / "programs"
    sources = runner.REPOSITORY / "tests/programs"
    common = ["-O1", "-g", f"-I{sources / platform.machine()}", "-DSYS_close_range=436", "-Wno-deprecated-declarations", "-fno-builtin"]
    if release.version < "2.36":  # older than ours: its own headers and start files
        start = tree / "usr/lib/x86_64-linux-gnu"
        common += [f"--sysroot={tree}", f"-B{start}", f"-L{start}", f"-L{libraries}", "-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu"]
    own = [f"-Wl,--dynamic-linker={loader}", f"-Wl,-rpath,{libraries}:$ORIGIN/..", "-Wl,--disable-new-dtags"]
    (programs / "hazards").mkdir(parents=True, exist_ok=True)
    for name, (source, options) in LIBRARIES.items():
        run("gcc", *common, "-shared", "-fPIC", *options, "-o", programs / name, sources / source, "-ldl")
    for name in names:
        run("gcc", *common, *own, "-o", programs / name, sources / f"{name}.c", "-Wl,--as-needed", "-ldl", "-lpthread")
    return programs
