// Compact unwind information (__TEXT,__unwind_info of Mach-O images): from an address to how its
// function's frame is left.
//
// Format: Apple's <mach-o/compact_unwind_encoding.h>. One word describes a whole function, as its
// frame is between prologue and epilogue: right wherever it makes a call, which is where stacks are
// taken. Functions that need more have a frame description (.eh_frame), to which the word points.
// Both processors' encodings are read on every platform, so that they can be tested on any.
// Context: hook (slow path). Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_UNWIND_COMPACT_UNWIND_H_
#define MEMSHIM_SHIM_UNWIND_COMPACT_UNWIND_H_

#include <cstdint>

namespace memshim::unwind {

// What the table says of one function. Offsets are from the image's header.
struct CompactEntry {
  uint32_t start;
  uint32_t end;  // where the next one begins
  uint32_t encoding;
};

// Looks `offset` up in the table of `bytes` bytes. False: it is in none, or the table is broken.
bool FindCompactEntry(const uint8_t* table, uint64_t bytes, uint32_t offset, CompactEntry* entry);

// How a frame is left. Registers are numbered as in call frame information.
struct CompactFrame {
  enum class Kind : uint8_t {
    kUnknown,           // no description, or one that cannot be
    kFromStackPointer,  // CFA = stack pointer + cfa_offset
    kFromFramePointer,  // CFA = frame pointer + cfa_offset
    kDescribed,         // by the frame description at `description` in .eh_frame
  };
  struct Saved {
    uint32_t number;
    int32_t offset;  // from the CFA
  };
  static constexpr int kMostSaved = 12;

  void Save(uint32_t number, int64_t offset) {
    saved[saved_count++] = {number, static_cast<int32_t>(offset)};
  }

  Kind kind = Kind::kUnknown;
  bool returns_to_register = false;  // the return address is still where the call has put it
  int64_t cfa_offset = 0;
  uint32_t description = 0;
  int saved_count = 0;
  Saved saved[kMostSaved];
};

// `code`: of the function, from its first byte on, `code_bytes` long; a large frame's size stands
// in an instruction.
CompactFrame DecodeX86_64(uint32_t encoding, const uint8_t* code, uint64_t code_bytes);
CompactFrame DecodeArm64(uint32_t encoding);

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_COMPACT_UNWIND_H_
