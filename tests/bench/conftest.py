"""The modules beside the tests are found as the benchmark itself finds them, and what a program gets from who starts it,
as a shell gives it: in the background, or under nohup, it would have signals ignored."""
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
