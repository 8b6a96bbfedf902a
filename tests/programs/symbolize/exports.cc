// A shared library with aliases and hidden functions, for tests/unit/symbolize_test.cc: what its
// symbol tables say, and what is left when they are stripped. The first three names are one
// address; the hidden function lies before the last export, so that a wrong guess would name it.
extern "C" {
int __exports_internal(int x) { return x + 1; }
int exports_public(int x) __attribute__((alias("__exports_internal")));
int _exports_weak(int x) __attribute__((weak, alias("__exports_internal")));
__attribute__((visibility("hidden"), noinline, used)) int exports_hidden(int x) { return x * 3; }
int exports_second(int x) { return exports_hidden(x) - 1; }
}
