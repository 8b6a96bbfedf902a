// Taking the stack of the calling thread. Two engines stand behind this interface:
//   cfi         our own, by call frame information (the default)
//   libunwind   libunwind 1.6 or later, opened privately
// Context: Open at start; Capture in hooks. Signals: guarded.
#ifndef MEMSHIM_SHIM_UNWIND_UNWINDER_H_
#define MEMSHIM_SHIM_UNWIND_UNWINDER_H_

#include <cstdint>
#include <string_view>

#include "shim/unwind/cfi.h"
#include "shim/unwind/frame_state.h"
#include "shim/unwind/memo.h"
#include "shim/unwind/readable.h"

namespace memshim::unwind {

// Deeper stacks lose their outermost frames; StackTrie cuts to its own limit, in the middle.
inline constexpr int kMaxCapture = 4096;

// What one thread needs to take a stack by call frame information. Zero-filled memory is ready.
struct CaptureScratch {
  uint64_t pcs[kMaxCapture];
  WalkedFrame walked[Memo::kMaxFrames];
  CfiScratch cfi;
  Readable readable;
};

// The same by libunwind.
struct LibunwindScratch {
  uint64_t pcs[kMaxCapture];
  CfiScratch cfi;
  alignas(16) uint8_t context[1024];  // unw_context_t
  alignas(16) uint8_t cursor[2048];   // unw_cursor_t
};

enum class Engine : uint8_t { kNone, kCfi, kLibunwind };

// The engine of a name; kNone for an unknown one.
Engine EngineByName(std::string_view name);

// Makes an engine ready. libunwind: may allocate from the program's heap (the dynamic linker
// does), so the caller marks such blocks as memshim's own, and libc must have been initialized.
// False: it cannot be had here.
bool OpenEngine(Engine engine);
bool OpenLibunwind();

// The engines give look-up addresses (return address - 1, or the exact address of an interrupted
// frame), innermost first, without frames of this library, in scratch->pcs, and return how many; 0
// when no stack could be taken. errno is kept.

// Taking a stack by call frame information returns this where the memo holds it, and not pcs.
inline constexpr int kInMemo = -1;
// Of a stack that the memo does not recall. `found`: what it said.
MEMSHIM_NOINLINE int CaptureChanged(const FrameState& caller, Memo::Found found, int deepest,
                                    CaptureScratch* scratch, Memo* memo, CodeCache* codes,
                                    StackTrie* trie);
// Whether the memo recalls the stack that begins with the frame `caller`. kNotSought: it is of
// another stack or of other code, and CaptureByCfi will tell.
MEMSHIM_INLINE Memo::Found RecallByCfi(const FrameState& caller, int deepest,
                                       const CaptureScratch& scratch, Memo* memo,
                                       const StackTrie& trie) {
  if (!scratch.readable.IsOn(caller.stack_pointer) ||
      !memo->IsOf(trie.generation(), scratch.readable.moves())) [[unlikely]] {
    return Memo::Found::kNotSought;
  }
  return memo->Recall(caller, deepest);
}
// The stack that begins with the frame `caller`. Must be called from below it. `found`: what
// RecallByCfi has said; `deepest`: with more frames, the memo will be asked for all of them.
inline int CaptureByCfi(const FrameState& caller, Memo::Found found, int deepest,
                        CaptureScratch* scratch, Memo* memo, CodeCache* codes, StackTrie* trie) {
  if (found == Memo::Found::kNotSought) {
    scratch->readable.Begin(caller.stack_pointer);
    memo->Begin(trie->generation(), scratch->readable.moves());
    found = memo->Recall(caller, deepest);
  }
  if (found == Memo::Found::kKept) return kInMemo;
  return CaptureChanged(caller, found, deepest, scratch, memo, codes, trie);
}
// The stack of the caller, in pcs always.
int CaptureFully(CaptureScratch* scratch);
// Up to the first frame of code without description, where *is_whole becomes false: behind it
// libunwind guesses, and believes that enough to read wherever it leads (seen: the program's
// SIGSEGV handler was called). Takes libunwind's and the loader's locks and may allocate from the
// program's heap: not on behalf of the loader. `generation`: of the modules.
int CaptureByLibunwind(LibunwindScratch* scratch, uint32_t generation, bool* is_whole);

// Whether the kernel's way back from a signal handler lies at an address that no description
// covers.
inline bool IsUndescribedSignalReturn(uint64_t address, Readable* readable) {
  return !kIsSignalReturnDescribed && readable->AreThere(address & ~uint64_t{7}, 2) &&
         IsSignalReturn(address);
}

// Finds the row of pc in whatever image holds it. kNone: no description covers it.
CfiResult FindRowOf(uint64_t pc, CfiScratch* scratch, bool* is_signal_frame);

// Where this library's own code lies.
ImageRange OwnImage();

// True for addresses of this library's own code, or its companions'.
bool IsOwnCode(uint64_t pc);
// A companion's code lies there. At start; beyond the number of companions nothing is noted.
void NoteOwnCode(uint64_t start, uint64_t end);

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_UNWINDER_H_
