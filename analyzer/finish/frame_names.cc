// See frame_names.h. The texts have the forms of valgrind's, which viewers take apart:
//   0x10A81D: inl2 (frames.cpp:10)      0x49047B9: sort (in /usr/lib/libx.so)      0x485200F: ???
// An address without a name is given as offset into its file: ??? (in /usr/lib/libx.so+0x1234).
#include "analyzer/finish/frame_names.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "analyzer/finish/jit_names.h"
#include "analyzer/symbolize/symbolizer.h"

namespace memshim::analyzer::finish {
namespace {

namespace format = ledger::format;

std::string BaseName(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

uint32_t AddFrame(model::Frame frame, model::Profile* profile) {
  profile->frames.push_back(std::move(frame));
  return static_cast<uint32_t>(profile->frames.size() - 1);
}

model::Frame SpecialFrame(uint64_t value) {
  model::Frame frame;
  switch (static_cast<format::SpecialFrame>(value)) {
    case format::SpecialFrame::kCut:
      frame.text = model::kFramesCutFrame;
      break;
    case format::SpecialFrame::kOutOfSpace:
      frame.text = model::kOutOfSpaceFrame;
      break;
    default:
      frame.text = model::kNoStackFrame;
      break;
  }
  return frame;
}

// Of code in no module. The map's own name stands where others have their file, if it tells none.
model::Frame JitFrame(const ledger::Contents& contents, const format::Frame& from,
                      absl::string_view name) {
  model::Frame frame;
  frame.address = from.pc;
  const JitPlace place = TakeApart(name);
  frame.function = place.function;
  frame.file = place.file;
  frame.line = place.line;
  const std::string where = place.file.empty()
                                ? absl::StrCat("in ", BaseName(JitNames::PathFor(contents.pid)))
                                : absl::StrCat(place.file, ":", place.line);
  frame.text = absl::StrFormat("0x%X: %s (%s)", from.pc, frame.function, where);
  return frame;
}

model::Frame UnnamedFrame(const ledger::Contents& contents, const format::Frame& from) {
  model::Frame frame;
  frame.address = from.pc;
  if (from.module == format::kModuleUnknown) {
    frame.text = absl::StrFormat("0x%X: ???", from.pc);
    return frame;
  }
  const ledger::LoadedModule& module = contents.modules[from.module];
  frame.module = from.module;
  frame.text =
      absl::StrFormat("0x%X: ??? (in %s+0x%x)", from.pc, module.path, from.pc - module.bias);
  return frame;
}

model::Frame NamedFrame(const ledger::Contents& contents, const format::Frame& from,
                        symbolize::SourceFrame source) {
  model::Frame frame;
  frame.address = from.pc;
  frame.module = from.module;
  frame.function = std::move(source.function);
  frame.is_inlined = source.is_inlined;
  absl::string_view function = frame.function;
  if (function.empty()) function = "???";
  const std::string address = absl::AsciiStrToUpper(absl::StrCat(absl::Hex(from.pc)));
  if (source.file.empty()) {
    frame.text = absl::StrCat("0x", address, ": ", function, " (in ",
                              contents.modules[from.module].path, ")");
  } else {
    frame.file = BaseName(source.file);
    frame.line = source.line;
    frame.text =
        absl::StrCat("0x", address, ": ", function, " (", frame.file, ":", frame.line, ")");
  }
  return frame;
}

}  // namespace

std::vector<std::vector<uint32_t>> NameFrames(const ledger::Contents& contents,
                                              const std::vector<bool>& is_used,
                                              model::Profile* profile) {
  std::vector<std::vector<uint32_t>> entries(contents.frames.size());
  std::vector<std::vector<uint32_t>> frames_of_module(contents.modules.size());
  std::optional<JitNames> jit;
  for (uint32_t i = 0; i < contents.frames.size(); ++i) {
    if (!is_used[i]) continue;
    const format::Frame& frame = contents.frames[i];
    if (frame.module == format::kModuleSpecial) {
      entries[i] = {AddFrame(SpecialFrame(frame.pc), profile)};
    } else if (frame.module == format::kModuleUnknown) {
      if (!jit.has_value()) {
        jit = JitNames::Read(JitNames::PathFor(contents.pid), contents.owner,
                             contents.start_realtime_ns);
      }
      const absl::string_view name = jit->Find(frame.pc);
      entries[i] = {AddFrame(
          name.empty() ? UnnamedFrame(contents, frame) : JitFrame(contents, frame, name), profile)};
    } else {
      frames_of_module[frame.module].push_back(i);
    }
  }
  symbolize::Symbolizer symbolizer({});
  for (uint32_t m = 0; m < contents.modules.size(); ++m) {
    if (frames_of_module[m].empty()) continue;
    const ledger::LoadedModule& module = contents.modules[m];
    std::vector<uint64_t> addresses;
    for (const uint32_t i : frames_of_module[m]) {
      addresses.push_back(contents.frames[i].pc - module.bias);
    }
    symbolize::ModuleSymbols symbols =
        symbolizer.Symbolize({module.path, module.build_id}, addresses);
    if (!symbols.note.empty()) profile->notes.push_back(symbols.note);
    for (size_t k = 0; k < frames_of_module[m].size(); ++k) {
      const uint32_t i = frames_of_module[m][k];
      const bool is_named = k < symbols.frames.size() && !symbols.frames[k].empty();
      if (!is_named) entries[i] = {AddFrame(UnnamedFrame(contents, contents.frames[i]), profile)};
      for (size_t s = 0; is_named && s < symbols.frames[k].size(); ++s) {
        entries[i].push_back(AddFrame(
            NamedFrame(contents, contents.frames[i], std::move(symbols.frames[k][s])), profile));
      }
    }
  }
  return entries;
}

uint32_t AddAllocationFunction(format::AllocationFunction function, model::Profile* profile) {
  model::Frame frame;
  frame.function = format::kAllocationFunctionNames[static_cast<uint32_t>(function)];
  frame.text = absl::StrCat("0x0: ", frame.function, " (in libmemshim.so)");
  return AddFrame(std::move(frame), profile);
}

}  // namespace memshim::analyzer::finish
