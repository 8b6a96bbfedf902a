// Call frame information: from an address to the rules that restore its caller's registers.
//
// Formats: DWARF 5 section 6.4 (call frame instructions) and the Linux Standard Base core
// specification, chapter "Exception Frames" (.eh_frame, .eh_frame_hdr, pointer encodings).
// Context: hook (slow path). Locks: none. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_UNWIND_CFI_H_
#define MEMSHIM_SHIM_UNWIND_CFI_H_

#include <cstddef>
#include <cstdint>

#include "registers.h"

namespace memshim::unwind {

// How one register of the caller is found.
struct RegisterRule {
  enum class Kind : uint8_t {
    kSame,          // unchanged
    kUndefined,     // not to be had; of the return address: this is the outermost frame
    kAtCfa,         // stored at CFA + offset
    kCfaPlus,       // is CFA + offset
    kRegister,      // is in register number `offset`
    kAtExpression,  // stored at what the expression gives
    kExpression,    // is what the expression gives
  };
  Kind kind;
  uint32_t size;  // of the expression
  union {
    int64_t offset;
    const uint8_t* expression;
  };
};

// All rules at one address.
struct CfiRow {
  bool cfa_is_expression;
  uint32_t cfa_register;
  uint32_t cfa_size;  // of the expression
  union {
    int64_t cfa_offset;
    const uint8_t* cfa_expression;
  };
  RegisterRule rules[kRegisters];
};

// The working space of one look-up; too large for a hook's stack.
struct CfiScratch {
  static constexpr int kRemembered = 8;  // nested DW_CFA_remember_state; compilers use one
  CfiRow row;
  CfiRow initial;  // after the CIE's instructions
  CfiRow remembered[kRemembered];
};

enum class CfiResult {
  kFound,
  kNone,    // no frame description covers the address
  kBroken,  // one does, and contradicts itself or uses what we do not know
};

// The addresses of a loaded image; nothing outside is read, whatever its descriptions say.
struct ImageRange {
  uint64_t start;
  uint64_t end;
};

// Fills scratch->row for `pc` from the image's .eh_frame_hdr at `eh_frame_header` in memory.
// *is_signal_frame: the frame was made by the kernel, its return address is an interrupted one.
CfiResult FindRow(const ImageRange& image, uint64_t eh_frame_header, uint64_t pc,
                  CfiScratch* scratch, bool* is_signal_frame);

// The same from the frame description at `description`. kNone: it is of other code.
CfiResult FindRowAt(const ImageRange& image, uint64_t description, uint64_t pc, CfiScratch* scratch,
                    bool* is_signal_frame);

// The same by going through all descriptions in an .eh_frame without a search table.
CfiResult FindRowByWalk(const ImageRange& eh_frame, uint64_t pc, CfiScratch* scratch,
                        bool* is_signal_frame);

// Reads 8 bytes of the process's memory; false when there are none at that address.
using ReadWord = bool (*)(uint64_t address, uint64_t* value, void* context);

// Evaluates a DWARF expression on the registers of a frame, with `first` on its stack when not
// null. False when it is malformed or reads what is not there.
bool EvaluateExpression(const uint8_t* expression, uint32_t size, const uint64_t* registers,
                        const uint64_t* first, ReadWord read, void* context, uint64_t* result);

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_CFI_H_
