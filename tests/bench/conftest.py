"""The modules beside the tests are found as the benchmark itself finds them."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
