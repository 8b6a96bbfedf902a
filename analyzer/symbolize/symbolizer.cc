// Opens a module, makes sure that it is the one that was profiled, and asks DWARF first and the
// symbol tables second.
// Called through symbolizer.h only; keeps nothing of a module once its addresses are answered.
#include "analyzer/symbolize/symbolizer.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "analyzer/symbolize/demangle.h"
#include "analyzer/symbolize/dwarf_index.h"
#include "analyzer/symbolize/elf_symbols.h"
#include "analyzer/symbolize/macho_module.h"
#include "analyzer/symbolize/module_file.h"

namespace memshim::analyzer::symbolize {
namespace {

// Under a second for a server that answers; what is waited at most for one that does not, where
// libdebuginfod's own 90 seconds for each module would look like a hang.
constexpr char kDebuginfodTimeoutSeconds[] = "10";

std::string MakeDebuginfoPath(const std::vector<std::string>& roots) {
  std::string path = ":.debug:/usr/lib/debug";
  for (const std::string& root : roots) {
    if (root.empty() || absl::StrContains(root, ":")) continue;
    // libdwfl takes a relative directory from the module's own.
    if (root[0] == '/') {
      absl::StrAppend(&path, ":", root);
      continue;
    }
    std::unique_ptr<char, decltype(&std::free)> here(getcwd(nullptr, 0), std::free);
    // With a colon in the current directory's name the root cannot be expressed either.
    if (here == nullptr || absl::StrContains(here.get(), ":")) continue;
    absl::StrAppend(&path, ":", here.get(), "/", root);
  }
  return path;
}

bool IsVdso(const std::string& path) {
  return path == "linux-vdso.so.1" || path == "linux-gate.so.1" || path == "[vdso]";
}

std::string BuildIdText(const std::string& build_id) {
  return build_id.empty() ? "no build-id" : absl::StrCat("build-id ", build_id);
}

std::string ChangedNote(const ModuleIdentity& module, const std::string& build_id) {
  return absl::StrCat(module.path, " has changed since it was profiled (it had ",
                      BuildIdText(module.build_id), ", the file now has ", BuildIdText(build_id),
                      "): its functions are shown as addresses; profile again, or put the old file"
                      " back.");
}

std::string NoFileNote(const std::string& path) {
  return absl::StrCat(path, " does not exist any more: its functions are shown as addresses.");
}

std::string UnreadableNote(const std::string& path, const std::string& problem) {
  return absl::StrCat(path, " cannot be read (", problem,
                      "): its functions are shown as addresses.");
}

// The names of an opened module.
class OpenModule {
 public:
  explicit OpenModule(ModuleFile* file) : file_(*file) {
    Dwarf* dwarf = file_.FindDwarf(&dwarf_bias_);
    if (dwarf != nullptr) {
      dwarf_.emplace(dwarf, file_.code().Lowered(dwarf_bias_), file_.DwarfDirectory(), &demangler_);
    }
  }

  std::vector<SourceFrame> Find(uint64_t address) {
    std::vector<SourceFrame> frames;
    if (!file_.code().Contains(address)) return frames;
    if (dwarf_.has_value()) frames = dwarf_->Find(address - dwarf_bias_);
    const bool is_named = !frames.empty() && !frames.back().function.empty();
    if (is_named && frames.back().function[0] != '_') return frames;
    // DWARF may know the line but no function (assembly, absent .dwo files), or neither; and it
    // knows libraries' internal names, "__pthread_create_2_1", where symbols know the public one.
    if (!symbols_.has_value()) symbols_.emplace(file_.module(), file_.code());
    const std::string name = symbols_->Find(address);
    if (name.empty() || (is_named && !IsPublic(name))) return frames;
    if (frames.empty()) frames.emplace_back();
    frames.back().function = demangler_.Get(name);
    return frames;
  }

 private:
  // Not reserved, and not a part of a function ("f.cold").
  static bool IsPublic(const std::string& name) {
    return name[0] != '_' && !absl::StrContains(name, ".");
  }

  ModuleFile& file_;
  Demangler demangler_;
  uint64_t dwarf_bias_ = 0;
  std::optional<DwarfIndex> dwarf_;
  std::optional<ElfSymbols> symbols_;
};

template <typename Module>
void NameAll(absl::Span<const uint64_t> addresses, Module* module, ModuleSymbols* symbols) {
  // In the order of addresses, neighbours share what was read and equal ones the answer.
  std::vector<size_t> order(addresses.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return addresses[a] < addresses[b]; });
  for (size_t i = 0; i < order.size(); ++i) {
    const bool is_repeated = i > 0 && addresses[order[i]] == addresses[order[i - 1]];
    symbols->frames[order[i]] =
        is_repeated ? symbols->frames[order[i - 1]] : module->Find(addresses[order[i]]);
  }
}

// False: the file is none of macOS's.
bool NameFromMacho(const ModuleIdentity& module, absl::Span<const uint64_t> addresses,
                   ModuleSymbols* symbols) {
  std::string problem;
  const std::optional<macho::File> file = macho::File::Open(module.path, &problem);
  if (!file.has_value()) return false;
  const macho::Image* image = file->FindImage(module.build_id);
  if (image == nullptr) {
    symbols->state = ModuleState::kChangedFile;
    symbols->note = ChangedNote(module, file->images()[0].uuid);
    return true;
  }
  MachoModule open(module.path, *file, *image);
  NameAll(addresses, &open, symbols);
  return true;
}

}  // namespace

Symbolizer::Symbolizer(const SymbolizeOptions& options)
    : debuginfo_path_(MakeDebuginfoPath(options.debug_roots)),
      debuginfo_path_pointer_(debuginfo_path_.data()) {
  if (options.use_debuginfod) {
    setenv("DEBUGINFOD_TIMEOUT", kDebuginfodTimeoutSeconds, /*overwrite=*/0);
  } else {
    unsetenv("DEBUGINFOD_URLS");
  }
}

ModuleSymbols Symbolizer::Symbolize(const ModuleIdentity& module,
                                    absl::Span<const uint64_t> addresses) {
  ModuleSymbols symbols;
  symbols.frames.resize(addresses.size());
  if (IsVdso(module.path)) {
    symbols.state = ModuleState::kNoFile;
    return symbols;
  }
  // The kernel's way of naming a mapped file that was removed.
  if (absl::EndsWith(module.path, " (deleted)")) {
    symbols.state = ModuleState::kNoFile;
    symbols.note = NoFileNote(module.path.substr(0, module.path.size() - 10));
    return symbols;
  }
  ModuleFile file(&debuginfo_path_pointer_);
  switch (file.Open(module.path)) {
    case ModuleFile::OpenResult::kOpened:
      break;
    case ModuleFile::OpenResult::kNoFile:
      symbols.state = ModuleState::kNoFile;
      symbols.note = NoFileNote(module.path);
      return symbols;
    case ModuleFile::OpenResult::kUnreadable:
      if (NameFromMacho(module, addresses, &symbols)) return symbols;
      symbols.state = ModuleState::kUnreadable;
      symbols.note = UnreadableNote(module.path, file.problem());
      return symbols;
  }
  if (file.build_id() != module.build_id) {
    symbols.state = ModuleState::kChangedFile;
    symbols.note = ChangedNote(module, file.build_id());
    return symbols;
  }
  OpenModule open(&file);
  NameAll(addresses, &open, &symbols);
  return symbols;
}

}  // namespace memshim::analyzer::symbolize
