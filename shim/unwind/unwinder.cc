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

namespace {

constexpr uint32_t kCompanions = 2;
struct Range {
  uint64_t start, bytes;
};
Range g_companions[kCompanions];

}  // namespace

void NoteOwnCode(uint64_t start, uint64_t end) {
  for (Range& range : g_companions) {
    if (range.bytes != 0) continue;
    range = {start, end - start};
    return;
  }
}

bool IsOwnCode(uint64_t pc) {
  const uint64_t start = reinterpret_cast<uint64_t>(&__ehdr_start);
  bool is_own = pc - start < reinterpret_cast<uint64_t>(&_end) - start;
  for (const Range& range : g_companions) is_own |= pc - range.start < range.bytes;
  return is_own;
}

}  // namespace memshim::unwind
