// See cfi.h. Here: from an address to its frame description, and running its instructions.
#include "shim/unwind/cfi.h"

#include "shim/unwind/dwarf_bytes.h"

namespace memshim::unwind {
namespace {

using Kind = RegisterRule::Kind;

// What a CIE says for all its frame descriptions.
struct CommonInfo {
  uint64_t code_alignment = 1;
  int64_t data_alignment = 1;
  uint64_t return_register = kReturnAddress;
  uint8_t pointer_encoding = 0;
  bool has_augmentation = false;
  bool is_signal_frame = false;
  const uint8_t* instructions = nullptr;
  const uint8_t* end = nullptr;
};

// The image from an address on; nothing of it when the address lies outside.
DwarfBytes From(const ImageRange& image, uint64_t at) {
  if (at < image.start || at > image.end) at = image.end;
  return {reinterpret_cast<const uint8_t*>(at), reinterpret_cast<const uint8_t*>(image.end)};
}

// The body of the entry (CIE or FDE) at `at`: behind its length.
DwarfBytes OpenEntry(const ImageRange& image, uint64_t at) {
  DwarfBytes bytes = From(image, at);
  uint64_t length = bytes.Fixed<uint32_t>();
  if (length == 0xffffffffu) length = bytes.Fixed<uint64_t>();
  bytes.CutAfter(length);
  return bytes;
}

bool ReadCommonInfo(const ImageRange& image, uint64_t at, CommonInfo* info) {
  DwarfBytes bytes = OpenEntry(image, at);
  if (bytes.Fixed<uint32_t>() != 0) return false;  // not a CIE
  const uint8_t version = bytes.Fixed<uint8_t>();
  if (version != 1 && version != 3 && version != 4) return false;
  const char* augmentation = reinterpret_cast<const char*>(bytes.at());
  while (bytes.Fixed<uint8_t>() != 0) {
  }
  if (bytes.is_broken()) return false;  // the text has no end
  if (version == 4) bytes.Skip(2);      // sizes of addresses and segments
  info->code_alignment = bytes.Uleb();
  info->data_alignment = bytes.Sleb();
  info->return_register = version == 1 ? bytes.Fixed<uint8_t>() : bytes.Uleb();
  info->has_augmentation = augmentation[0] == 'z';
  if (augmentation[0] != 'z' && augmentation[0] != '\0') return false;
  const uint64_t size = info->has_augmentation ? bytes.Uleb() : 0;
  const uint8_t* data = bytes.at();
  for (const char* c = augmentation; *c != '\0'; ++c) {
    if (*c == 'R') info->pointer_encoding = bytes.Fixed<uint8_t>();
    if (*c == 'S') info->is_signal_frame = true;
    if (*c == 'L') bytes.Skip(1);
    if (*c == 'P') {
      // Skipped, not followed: the encoding without its base and indirection.
      const uint8_t encoding = bytes.Fixed<uint8_t>();
      bytes.Pointer(encoding & 0x0f, 0);
    }
  }
  if (bytes.is_broken() || size > static_cast<uint64_t>(bytes.end() - data)) return false;
  info->instructions = data + size;
  info->end = bytes.end();
  return true;
}

// Runs call frame instructions on scratch->row until they pass `pc`.
class Interpreter {
 public:
  Interpreter(const CommonInfo& info, CfiScratch* scratch) : info_(info), scratch_(scratch) {}

  bool Run(const uint8_t* from, const uint8_t* end, uint64_t location, uint64_t pc) {
    DwarfBytes bytes(from, end);
    while (!bytes.is_done() && location <= pc) {
      const uint8_t code = bytes.Fixed<uint8_t>();
      const uint8_t low = code & 0x3f;
      bool is_known = true;
      if (code >> 6 == 1) {
        location += low * info_.code_alignment;
      } else if (code >> 6 == 2) {
        SetOffset(low, Scaled(bytes.Uleb()));
      } else if (code >> 6 == 3) {
        Restore(low);
      } else if (code >= 0x02 && code <= 0x04) {  // advance_loc1, 2, 4
        const uint64_t delta = code == 2   ? bytes.Fixed<uint8_t>()
                               : code == 3 ? bytes.Fixed<uint16_t>()
                                           : bytes.Fixed<uint32_t>();
        location += delta * info_.code_alignment;
      } else if (code == 0x01) {  // set_loc
        location = bytes.Pointer(info_.pointer_encoding, 0);
      } else {
        is_known = SetCfa(code, &bytes) || SetRule(code, &bytes) || SetState(code, &bytes);
      }
      if (!is_known || bytes.is_broken()) return false;
    }
    return true;
  }

 private:
  CfiRow& row() { return scratch_->row; }

  // A factored offset; without signs, so that it wraps like the addresses it is added to.
  int64_t Scaled(uint64_t factor) const {
    return static_cast<int64_t>(factor * static_cast<uint64_t>(info_.data_alignment));
  }
  int64_t SignedScaled(DwarfBytes* bytes) const {
    return Scaled(static_cast<uint64_t>(bytes->Sleb()));
  }

  void Set(uint64_t number, Kind kind, int64_t offset) {
    if (number >= kRegisters) return;  // vector registers do not matter to us
    row().rules[number].kind = kind;
    row().rules[number].offset = offset;
  }
  void SetOffset(uint64_t number, int64_t offset) { Set(number, Kind::kAtCfa, offset); }
  void SetExpression(uint64_t number, Kind kind, DwarfBytes* bytes) {
    const uint64_t size = bytes->Uleb();
    const uint8_t* expression = bytes->at();
    bytes->Skip(size);
    if (number >= kRegisters) return;
    row().rules[number].kind = kind;
    row().rules[number].size = static_cast<uint32_t>(size);
    row().rules[number].expression = expression;
  }
  void Restore(uint64_t number) {
    if (number < kRegisters) row().rules[number] = scratch_->initial.rules[number];
  }

  bool SetCfa(uint8_t code, DwarfBytes* bytes) {
    CfiRow& r = row();
    switch (code) {
      case 0x0c:  // def_cfa
        r.cfa_register = static_cast<uint32_t>(bytes->Uleb());
        r.cfa_offset = static_cast<int64_t>(bytes->Uleb());
        r.cfa_is_expression = false;
        return true;
      case 0x12:  // def_cfa_sf
        r.cfa_register = static_cast<uint32_t>(bytes->Uleb());
        r.cfa_offset = SignedScaled(bytes);
        r.cfa_is_expression = false;
        return true;
      // The next three change half of a register and an offset: an expression has no such halves.
      case 0x0d:  // def_cfa_register
        if (r.cfa_is_expression) return false;
        r.cfa_register = static_cast<uint32_t>(bytes->Uleb());
        return true;
      case 0x0e:  // def_cfa_offset
        if (r.cfa_is_expression) return false;
        r.cfa_offset = static_cast<int64_t>(bytes->Uleb());
        return true;
      case 0x13:  // def_cfa_offset_sf
        if (r.cfa_is_expression) return false;
        r.cfa_offset = SignedScaled(bytes);
        return true;
      case 0x0f:  // def_cfa_expression
        r.cfa_size = static_cast<uint32_t>(bytes->Uleb());
        r.cfa_expression = bytes->at();
        r.cfa_is_expression = true;
        bytes->Skip(r.cfa_size);
        return true;
      default:
        return false;
    }
  }

  bool SetRule(uint8_t code, DwarfBytes* bytes) {
    if (code < 0x05 || code == 0x0a || code == 0x0b || code > 0x2f) return false;
    if (code > 0x11 && code < 0x14) return false;
    if (code > 0x16 && code != 0x2f) return false;
    const uint64_t number = bytes->Uleb();
    switch (code) {
      case 0x05:  // offset_extended
        SetOffset(number, Scaled(bytes->Uleb()));
        return true;
      case 0x11:  // offset_extended_sf
        SetOffset(number, SignedScaled(bytes));
        return true;
      case 0x2f:  // GNU_negative_offset_extended
        SetOffset(number, Scaled(-bytes->Uleb()));
        return true;
      case 0x06:  // restore_extended
        Restore(number);
        return true;
      case 0x07:  // undefined
        Set(number, Kind::kUndefined, 0);
        return true;
      case 0x08:  // same_value
        Set(number, Kind::kSame, 0);
        return true;
      case 0x09:  // register
        Set(number, Kind::kRegister, static_cast<int64_t>(bytes->Uleb()));
        return true;
      case 0x14:  // val_offset
        Set(number, Kind::kCfaPlus, Scaled(bytes->Uleb()));
        return true;
      case 0x15:  // val_offset_sf
        Set(number, Kind::kCfaPlus, SignedScaled(bytes));
        return true;
      case 0x10:  // expression
        SetExpression(number, Kind::kAtExpression, bytes);
        return true;
      case 0x16:  // val_expression
        SetExpression(number, Kind::kExpression, bytes);
        return true;
      default:
        return false;
    }
  }

  bool SetState(uint8_t code, DwarfBytes* bytes) {
    switch (code) {
      case 0x00:  // nop
        return true;
      case 0x0a:  // remember_state
        if (remembered_ == CfiScratch::kRemembered) return false;
        scratch_->remembered[remembered_++] = row();
        return true;
      case 0x0b:  // restore_state
        if (remembered_ == 0) return false;
        row() = scratch_->remembered[--remembered_];
        return true;
      case 0x2c:  // AARCH64_negate_ra_state_with_pc
      case 0x2d:  // AARCH64_negate_ra_state
        return kSignsReturnAddresses;
      case 0x2e:  // GNU_args_size
        bytes->Uleb();
        return true;
      default:
        return false;
    }
  }

  const CommonInfo& info_;
  CfiScratch* scratch_;
  int remembered_ = 0;
};

// Binary search in the sorted table of .eh_frame_hdr: the address of the last description that
// begins at or below pc. False when there is none.
bool FindDescription(const ImageRange& image, uint64_t header, uint64_t pc, uint64_t* description) {
  constexpr uint8_t kSortedTable = 0x3b;  // DW_EH_PE_datarel | DW_EH_PE_sdata4, as every linker
  DwarfBytes bytes = From(image, header);
  const uint8_t version = bytes.Fixed<uint8_t>();
  const uint8_t start_encoding = bytes.Fixed<uint8_t>();
  const uint8_t count_encoding = bytes.Fixed<uint8_t>();
  if (version != 1 || bytes.Fixed<uint8_t>() != kSortedTable) return false;
  bytes.Pointer(start_encoding, header);
  const uint64_t count = bytes.Pointer(count_encoding, header);
  struct Entry {
    int32_t start, description;
  };
  if (bytes.is_broken() || count > bytes.left() / sizeof(Entry)) return false;
  const auto entry_at = [&bytes](uint64_t i) {
    Entry entry;
    memcpy(&entry, bytes.at() + i * sizeof(Entry), sizeof(Entry));
    return entry;
  };
  uint64_t low = 0, high = count;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (header + static_cast<uint64_t>(int64_t{entry_at(middle).start}) <= pc) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return false;
  *description = header + static_cast<uint64_t>(int64_t{entry_at(low - 1).description});
  return true;
}

}  // namespace

CfiResult FindRow(const ImageRange& image, uint64_t eh_frame_header, uint64_t pc,
                  CfiScratch* scratch, bool* is_signal_frame) {
  uint64_t description;
  if (!FindDescription(image, eh_frame_header, pc, &description)) return CfiResult::kNone;
  return FindRowAt(image, description, pc, scratch, is_signal_frame);
}

CfiResult FindRowByWalk(const ImageRange& eh_frame, uint64_t pc, CfiScratch* scratch,
                        bool* is_signal_frame) {
  uint64_t at = eh_frame.start;
  while (at < eh_frame.end) {
    DwarfBytes entry = OpenEntry(eh_frame, at);
    if (entry.is_broken() || entry.left() < sizeof(uint32_t)) break;  // or the closing zero
    const CfiResult result = FindRowAt(eh_frame, at, pc, scratch, is_signal_frame);
    if (result == CfiResult::kFound) return result;
    at = reinterpret_cast<uint64_t>(entry.end());
  }
  return CfiResult::kNone;
}

CfiResult FindRowAt(const ImageRange& image, uint64_t description, uint64_t pc, CfiScratch* scratch,
                    bool* is_signal_frame) {
  DwarfBytes bytes = OpenEntry(image, description);
  const uint64_t back_from = reinterpret_cast<uint64_t>(bytes.at());
  const uint32_t back = bytes.Fixed<uint32_t>();
  CommonInfo info;
  if (back == 0 || !ReadCommonInfo(image, back_from - back, &info)) return CfiResult::kBroken;
  const uint64_t start = bytes.Pointer(info.pointer_encoding, 0);
  const uint64_t size = bytes.Pointer(info.pointer_encoding & 0x0f, 0);
  if (pc - start >= size) return CfiResult::kNone;  // in a gap between descriptions
  if (info.has_augmentation) bytes.Skip(bytes.Uleb());
  if (bytes.is_broken() || info.return_register != kReturnAddress) return CfiResult::kBroken;
  *is_signal_frame = info.is_signal_frame;

  memset(&scratch->row, 0, sizeof(scratch->row));
  Interpreter interpreter(info, scratch);
  if (!interpreter.Run(info.instructions, info.end, 0, ~uint64_t{0})) return CfiResult::kBroken;
  scratch->initial = scratch->row;
  if (!interpreter.Run(bytes.at(), bytes.end(), start, pc)) return CfiResult::kBroken;
  return CfiResult::kFound;
}

}  // namespace memshim::unwind
