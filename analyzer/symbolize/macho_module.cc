// See macho_module.h.
#include "analyzer/symbolize/macho_module.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analyzer/symbolize/module_file.h"

namespace memshim::analyzer::symbolize {
namespace {

bool IsBundle(absl::string_view folder) {
  return absl::EndsWith(folder, ".app") || absl::EndsWith(folder, ".framework") ||
         absl::EndsWith(folder, ".bundle") || absl::EndsWith(folder, ".appex") ||
         absl::EndsWith(folder, ".xpc");
}

}  // namespace

MachoModule::MachoModule(const std::string& path, const macho::File& file,
                         const macho::Image& image)
    : image_(image), symbols_(file, image) {
  OpenDebugSymbols(path, image);
}

// What dsymutil makes of program "app" is "app.dSYM/Contents/Resources/DWARF/app"; what Xcode makes
// of one in a bundle lies beside the bundle. It is believed if it has the image's identity.
void MachoModule::OpenDebugSymbols(const std::string& path, const macho::Image& image) {
  if (image.uuid.empty()) return;
  const std::string name = path.substr(path.rfind('/') + 1);
  for (size_t end = path.size(); end != std::string::npos && end > 0;
       end = path.rfind('/', end - 1)) {
    const absl::string_view whole = absl::string_view(path).substr(0, end);
    if (end != path.size() && !IsBundle(whole)) continue;
    const std::string folder = absl::StrCat(whole, ".dSYM/Contents/Resources/DWARF");
    if (OpenDebugSymbolsIn(folder, name, image)) return;
  }
}

bool MachoModule::OpenDebugSymbolsIn(const std::string& folder, const std::string& name,
                                     const macho::Image& image) {
  std::string problem;
  debug_file_ = macho::File::Open(absl::StrCat(folder, "/", name), &problem);
  if (!debug_file_.has_value()) return false;
  const macho::Image* debug_image = debug_file_->FindImage(image.uuid);
  if (debug_image == nullptr) return false;
  debug_symbols_ = MachoDwarf::Read(*debug_file_, *debug_image);
  if (debug_symbols_ == nullptr) return false;
  CodeRanges code;
  code.Add(image.text_begin, image.text_end);
  dwarf_.emplace(debug_symbols_->dwarf(), code, folder, &demangler_);
  return true;
}

std::vector<SourceFrame> MachoModule::Find(uint64_t address) {
  std::vector<SourceFrame> frames;
  if (address < image_.text_begin || address >= image_.text_end) return frames;
  if (dwarf_.has_value()) frames = dwarf_->Find(address);
  if (!frames.empty() && !frames.back().function.empty()) return frames;
  const absl::string_view name = symbols_.Find(address);
  if (name.empty()) return frames;
  if (frames.empty()) frames.emplace_back();
  frames.back().function = demangler_.Get(std::string(name));
  return frames;
}

}  // namespace memshim::analyzer::symbolize
