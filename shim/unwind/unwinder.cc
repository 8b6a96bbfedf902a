// See unwinder.h.
#include "shim/unwind/unwinder.h"

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
  const ImageRange own = OwnImage();
  bool is_own = pc - own.start < own.end - own.start;
  for (const Range& range : g_companions) is_own |= pc - range.start < range.bytes;
  return is_own;
}

}  // namespace memshim::unwind
