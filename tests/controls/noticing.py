"""The tests that must notice a mutation, as the tables name them."""
import typing


class Sanitized(typing.NamedTuple):
    """A test in one of these builds."""
    build: str
    target: str
    command: tuple  # {} stands for the build directory


class Emulated(typing.NamedTuple):
    """A test of the build for 64-bit ARM, and what of it is needed besides the library. memshim-report, and the libraries
    that tools/cross/fetch_libraries has fetched, are those of this tree's own build."""
    targets: tuple
    command: tuple


class Unbuilt(typing.NamedTuple):
    """A test of the sources as they are: nothing is built for it."""
    command: tuple


FUZZ_CFI = Sanitized("address", "tests/fuzz/cfi_fuzzer",
                     ("tests/fuzz/run.py", "{}", "--replay", "cfi_fuzzer"))
FUZZ_LEDGER = Sanitized("address", "tests/fuzz/ledger_fuzzer",
                        ("tests/fuzz/run.py", "{}", "--replay", "ledger_fuzzer"))
ALIASING = ("/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
            "tests/e2e/test_oracle.py", "-k", "aliasing")
STORM = Sanitized("thread", "tests/unit/storm_test", ("{}/tests/unit/storm_test",))
UNIT = "tests/unit/"
E2E = ("/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")
CONVERT = (*E2E, "tests/e2e/test_convert.py")
# The packages are there: meson has installed them.
WEB = Unbuilt(("npm", "--prefix", "analyzer/page/web", "test", "--silent"))
PAGE = (*E2E, "tests/e2e/test_page.py")


def on_arm(name, *programs):
    """Of tests/aarch64/test_basics.py those with the name in theirs."""
    targets = ("endings", *programs)
    return Emulated(tuple(f"tests/programs/{program}" for program in targets),
                    (*E2E, "tests/aarch64/test_basics.py", "-k", name))
