"""The tests that must notice a mutation, as the tables name them."""
import typing


class Sanitized(typing.NamedTuple):
    """A test in one of these builds."""
    build: str
    target: str
    command: tuple  # {} stands for the build directory


FUZZ_CFI = Sanitized("address", "tests/fuzz/cfi_fuzzer",
                     ("tests/fuzz/run.py", "{}", "--replay", "cfi_fuzzer"))
ALIASING = ("/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
            "tests/e2e/test_oracle.py", "-k", "aliasing")
STORM = Sanitized("thread", "tests/unit/storm_test", ("{}/tests/unit/storm_test",))
UNIT = "tests/unit/"
E2E = ("/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")
CONVERT = (*E2E, "tests/e2e/test_convert.py")
PAGE = (*E2E, "tests/e2e/test_page.py")
