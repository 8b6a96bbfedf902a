"""C libraries of other Debian releases, unpacked, and test programs built for them.

They are fetched by apt with a configuration of its own (the machine's is left alone) into the build directory,
and kept there. A program names its loader and its libraries' folder itself, so that it runs as it is, and what it
starts runs on the machine's own C library.
"""
import collections
import pathlib
import subprocess

import runner

Release = collections.namedtuple("Release", "name version")
RELEASES = [Release("bullseye", "2.31"), Release("trixie", "2.41")]
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR = "http://deb.debian.org/debian"
# Further sources of a program, and how libraries are built.
LIBRARIES = {"plugin_a.so": ("plugin.c", []), "plugin_b.so": ("plugin.c", ["-DPLUGIN_B"]),
             "hazards/tls_plugin.so": ("hazards/tls_plugin.c", []), "hazards/deep_plugin.so": ("hazards/deep_plugin.c", []),
             "hazards/foreign.so": ("hazards/foreign.c", []),
             "libnss_late.so.2": ("hazards/nss_late.c", [])}


def run(*words, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f"{words}: {done.stdout[-1000:]} {done.stderr[-2000:]}"
    return done.stdout


def fetch(release, folder):
    """Downloads and unpacks a release's C library; the folder its tree is in."""
    tree = folder / "tree"
    if (folder / "complete").exists():
        return tree
    for name in ("lists/partial", "cache/archives/partial", "sources", "tree", "debs"):
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
    common = ["-O1", "-g", "-DSYS_close_range=436", "-Wno-deprecated-declarations", "-fno-builtin"]
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
