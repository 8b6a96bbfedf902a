// A library whose static vector is freed by its destructor, after every handler of the program's
// end.
#include <vector>

std::vector<std::vector<char>> g_kept;

extern "C" __attribute__((noinline)) void fill_library() {
  for (int i = 0; i < 1000; ++i) g_kept.emplace_back(200);
}
