// A C++ library for c_main.c: throws, and calls back through frames with destructors.
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

int g_destroyed = 0;
struct Guard {
  std::unique_ptr<std::string> text = std::make_unique<std::string>(100, 'g');
  ~Guard() { ++g_destroyed; }
};

[[gnu::noinline]] void Throw(int depth) {
  const Guard guard;
  if (depth == 0) throw std::runtime_error(std::string(200, 't'));
  Throw(depth - 1);
}

}  // namespace

extern "C" int throws_and_catches(int depth) {
  try {
    Throw(depth);
  } catch (const std::exception& error) {
    return static_cast<int>(std::string(error.what()).size());
  }
  return 0;
}

extern "C" void calls_through(void (*call)(void), int depth) {
  const Guard guard;
  if (depth == 0) {
    call();
  } else {
    calls_through(call, depth - 1);
  }
}

extern "C" int destroyed() { return g_destroyed; }
