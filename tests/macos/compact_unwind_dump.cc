// Prints how the frames of a Mach-O image's functions are left, as the shim decodes it:
//   compact_unwind_dump FILE x86_64|arm64
//   start end kind [cfa register offset, saved registers]
// Addresses are from the image's header, in hex; test_compact_unwind.py compares them.
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

#include "analyzer/macho/macho_file.h"
#include "shim/unwind/compact_unwind.h"

using memshim::analyzer::macho::File;
using memshim::analyzer::macho::Image;
using memshim::analyzer::macho::Processor;
using memshim::analyzer::macho::Section;
using memshim::unwind::CompactEntry;
using memshim::unwind::CompactFrame;

namespace {

const Section* FindSection(const Image& image, const char* name) {
  for (const Section& section : image.sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

void Print(const CompactEntry& entry, const CompactFrame& frame) {
  constexpr const char* kKinds[] = {"unknown", "sp", "fp", "described"};
  std::printf("%x %x %s", entry.start, entry.end, kKinds[static_cast<int>(frame.kind)]);
  if (frame.kind == CompactFrame::Kind::kDescribed) std::printf(" %x", frame.description);
  const bool is_told = frame.kind == CompactFrame::Kind::kFromStackPointer ||
                       frame.kind == CompactFrame::Kind::kFromFramePointer;
  if (is_told) std::printf(" %" PRId64, frame.cfa_offset);
  for (int i = 0; i < frame.saved_count; ++i) {
    std::printf(" %u@%d", frame.saved[i].number, frame.saved[i].offset);
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  std::string problem;
  const auto file = argc == 3 ? File::Open(argv[1], &problem) : std::nullopt;
  if (!file.has_value()) return std::fprintf(stderr, "%s\n", problem.c_str()), 2;
  const bool is_arm64 = std::strcmp(argv[2], "arm64") == 0;
  for (const Image& image : file->images()) {
    if (image.processor != (is_arm64 ? Processor::kArm64 : Processor::kX86_64)) continue;
    const Section* info = FindSection(image, "__unwind_info");
    const Section* text = FindSection(image, "__text");
    if (info == nullptr || text == nullptr) return 1;
    const std::string table = file->Read(image, {info->offset, info->bytes});
    const std::string code = file->Read(image, {text->offset, text->bytes});
    const uint32_t first = static_cast<uint32_t>(text->address - image.text_begin);
    const uint8_t* code_bytes = reinterpret_cast<const uint8_t*>(code.data());
    CompactEntry entry;
    for (uint32_t at = first; at < first + code.size(); at = entry.end) {
      if (!memshim::unwind::FindCompactEntry(reinterpret_cast<const uint8_t*>(table.data()),
                                             table.size(), at, &entry)) {
        entry = {at, at + 1, 0};  // in a gap
        continue;
      }
      const uint32_t offset = entry.start - first;
      Print(entry, is_arm64 ? memshim::unwind::DecodeArm64(entry.encoding)
                            : memshim::unwind::DecodeX86_64(entry.encoding, code_bytes + offset,
                                                            code.size() - offset));
    }
    return 0;
  }
  return 1;
}
