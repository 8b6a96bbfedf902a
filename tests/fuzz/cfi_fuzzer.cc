// Hostile call frame information, in an image whose surroundings may not be touched, and hostile
// expressions, which may read memory by the callback alone.
//
//   i32 address to look up, relative to the header | .eh_frame_hdr and what follows it
//
// A linker's .eh_frame_hdr and .eh_frame side by side are such an input: all in them is relative.
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "shim/unwind/cfi.h"
#include "tests/fuzz/fuzzing.h"

namespace memshim::unwind {
namespace {

using fuzz::Require;

// The same addresses in every run, so that an input does the same again.
constexpr uint64_t kPlace = 0x200000000000;
constexpr size_t kPlaceBytes = size_t{1} << 20;
constexpr size_t kMargin = size_t{64} << 10;
constexpr size_t kMostBytes = kPlaceBytes - 2 * kMargin;

// The image begins behind a margin and ends where the input ends; all else is poisoned.
ImageRange Place(const uint8_t* data, size_t size) {
  static void* const place =
      mmap(reinterpret_cast<void*>(kPlace), kPlaceBytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  Require(place == reinterpret_cast<void*>(kPlace), "the image's place is free");
  uint8_t* image = static_cast<uint8_t*>(place) + kMargin;
  ASAN_UNPOISON_MEMORY_REGION(place, kPlaceBytes);
  memcpy(image, data, size);
  ASAN_POISON_MEMORY_REGION(place, kMargin);
  ASAN_POISON_MEMORY_REGION(image + size, kPlaceBytes - kMargin - size);
  return {kPlace + kMargin, kPlace + kMargin + size};
}

struct Reads {
  int count = 0;
};

bool ReadWordOf(uint64_t address, uint64_t* value, void* context) {
  ++static_cast<Reads*>(context)->count;
  *value = address * 3 + 1;
  return address % 16 != 0;
}

void Evaluate(const uint8_t* expression, uint32_t size, const uint64_t* first) {
  uint64_t registers[kRegisters];
  for (uint64_t i = 0; i < kRegisters; ++i) registers[i] = kPlace + i * 64;
  uint64_t result = 0;
  Reads reads;
  EvaluateExpression(expression, size, registers, first, ReadWordOf, &reads, &result);
  Require(reads.count <= 200, "an expression comes to an end");
}

// Everything that a row can lead to.
void Follow(const CfiRow& row) {
  const uint64_t cfa = kPlace;
  if (row.cfa_is_expression) Evaluate(row.cfa_expression, row.cfa_size, nullptr);
  for (const RegisterRule& rule : row.rules) {
    if (rule.kind == RegisterRule::Kind::kAtExpression ||
        rule.kind == RegisterRule::Kind::kExpression) {
      Evaluate(rule.expression, rule.size, &cfa);
    }
  }
}

// Where each rule has changed the registers, the rows differ: several addresses of one input.
void LookUp(const ImageRange& image, uint64_t pc) {
  static CfiScratch scratch;
  bool is_signal_frame = false;
  const CfiResult result = FindRow(image, image.start, pc, &scratch, &is_signal_frame);
  if (result == CfiResult::kFound) Follow(scratch.row);
}

}  // namespace
}  // namespace memshim::unwind

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace memshim::unwind;  // NOLINT(google-build-using-namespace): of this function
  int32_t distance;
  if (size < sizeof(distance) || size > kMostBytes) return -1;
  memcpy(&distance, data, sizeof(distance));
  const uint8_t* bytes = data + sizeof(distance);
  const ImageRange image = Place(bytes, size - sizeof(distance));
  const uint64_t pc = image.start + static_cast<uint64_t>(int64_t{distance});
  for (const uint64_t step : {0, 1, 4, 11, 64, 4096}) LookUp(image, pc + step);
  // As an expression alone, the bytes in a block of their own.
  const size_t length = std::min<size_t>(image.end - image.start, 256);
  Evaluate(reinterpret_cast<const uint8_t*>(image.end - length), static_cast<uint32_t>(length),
           &pc);
  return 0;
}
