// FindModule and FindRowOf for macOS. See modules.h and unwinder.h.
//
// Compact unwind information comes first: every function of an image is in it, and where it cannot
// say how a frame is left it names the frame description that can. Its word holds between prologue
// and epilogue, thus at every call; the stack of a signal handler may go wrong behind the frame
// that was interrupted in one of the two.
#include <cstring>

#include "compact_frame.h"
#include "shim/unwind/compact_unwind.h"
#include "shim/unwind/images_darwin.h"
#include "shim/unwind/modules.h"
#include "shim/unwind/unwinder.h"

// Made by the linker.
extern "C" const struct mach_header_64 _mh_dylib_header;
extern "C" const char memshim_text_end __asm("segment$end$__TEXT");

namespace memshim::unwind {
namespace {

ImageRange RangeOf(const Section& section) { return {section.at, section.at + section.bytes}; }

void MakeRow(const CompactFrame& frame, CfiRow* row) {
  memset(row, 0, sizeof(*row));
  row->cfa_register =
      frame.kind == CompactFrame::Kind::kFromFramePointer ? kFramePointer : kStackPointer;
  row->cfa_offset = frame.cfa_offset;
  for (int i = 0; i < frame.saved_count; ++i) {
    RegisterRule& rule = row->rules[frame.saved[i].number];
    rule.kind = RegisterRule::Kind::kAtCfa;
    rule.offset = frame.saved[i].offset;
  }
}

// Its place has 24 bits in the word: where that is not enough linkers write less than the truth.
CfiResult FindDescribed(const Image& image, uint32_t description, uint64_t pc, CfiScratch* scratch,
                        bool* is_signal_frame) {
  const ImageRange eh_frame = RangeOf(image.eh_frame);
  const CfiResult result =
      FindRowAt(eh_frame, eh_frame.start + description, pc, scratch, is_signal_frame);
  if (result == CfiResult::kFound) return result;
  return FindRowByWalk(eh_frame, pc, scratch, is_signal_frame);
}

CfiResult FindRowIn(const Image& image, uint64_t pc, CfiScratch* scratch, bool* is_signal_frame) {
  CompactEntry entry;
  if (image.unwind_info.bytes == 0 ||
      !FindCompactEntry(reinterpret_cast<const uint8_t*>(image.unwind_info.at),
                        image.unwind_info.bytes, static_cast<uint32_t>(pc - image.start), &entry)) {
    if (image.eh_frame.bytes == 0) return CfiResult::kNone;
    return FindRowByWalk(RangeOf(image.eh_frame), pc, scratch, is_signal_frame);
  }
  const uint64_t start = image.start + entry.start;
  const uint64_t bytes = start < image.end ? image.end - start : 0;
  const CompactFrame frame =
      DecodeFrame(entry.encoding, reinterpret_cast<const uint8_t*>(start), bytes);
  switch (frame.kind) {
    case CompactFrame::Kind::kUnknown:
      return CfiResult::kNone;
    case CompactFrame::Kind::kDescribed:
      return FindDescribed(image, frame.description, pc, scratch, is_signal_frame);
    default:
      MakeRow(frame, &scratch->row);
      return CfiResult::kFound;
  }
}

}  // namespace

bool FindModule(uint64_t pc, ModuleInfo* info) {
  Image image;
  if (!FindImage(pc, &image)) return false;
  info->bias = image.bias;
  info->start = image.start;
  info->end = image.end;
  info->eh_frame_header = 0;
  info->path = image.path;
  info->build_id_bytes = image.build_id_bytes;
  memcpy(info->build_id, image.build_id, image.build_id_bytes);
  return true;
}

CfiResult FindRowOf(uint64_t pc, CfiScratch* scratch, bool* is_signal_frame) {
  Image image;
  *is_signal_frame = false;
  if (!FindImage(pc, &image)) return CfiResult::kNone;
  return FindRowIn(image, pc, scratch, is_signal_frame);
}

ImageRange OwnImage() {
  return {reinterpret_cast<uint64_t>(&_mh_dylib_header),
          reinterpret_cast<uint64_t>(&memshim_text_end)};
}

}  // namespace memshim::unwind
