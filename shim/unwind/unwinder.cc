// See unwinder.h.
#include "shim/unwind/unwinder.h"

extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char _end __attribute__((visibility("hidden")));

namespace memshim::unwind {

Engine EngineByName(std::string_view name) {
  if (name == "cfi") return Engine::kCfi;
  if (name == "libunwind") return Engine::kLibunwind;
  return Engine::kNone;
}

bool OpenEngine(Engine engine) {
  return engine == Engine::kCfi || (engine == Engine::kLibunwind && OpenLibunwind());
}

bool IsOwnCode(uint64_t pc) {
  const uint64_t start = reinterpret_cast<uint64_t>(&__ehdr_start);
  return pc - start < reinterpret_cast<uint64_t>(&_end) - start;
}

}  // namespace memshim::unwind
