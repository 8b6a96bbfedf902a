// Names for code addresses: function, file and line, and what was inlined, for the modules of a
// profiled process. Called by what turns a ledger into a profile, module by module.
// The files it reads may have changed since the process ran, may be damaged, or may not be files
// at all. It must rather say nothing than a wrong name, and must neither crash nor block.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_SYMBOLIZER_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_SYMBOLIZER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "analyzer/symbolize/source_frame.h"

namespace memshim::analyzer::symbolize {

struct ModuleIdentity {
  std::string path;
  std::string build_id;  // lower-case hex, empty when the loaded image had none
};

enum class ModuleState {
  kSymbols,      // the file was read; whether it names much is another matter
  kNoFile,       // there is no file (any more), or never was one: the vdso
  kChangedFile,  // the file is not the one that was loaded: no names, as they would be wrong
  kUnreadable,   // no permission, not a regular file, not ELF, or damaged beyond use
};

struct ModuleSymbols {
  ModuleState state = ModuleState::kSymbols;
  // Parallel to the addresses asked. Innermost first; empty when nothing is known. The last frame
  // of each is the function that holds the code, those before it are inlined.
  std::vector<std::vector<SourceFrame>> frames;
  // One sentence for the user, with the path, when the state is not kSymbols. Empty for the vdso,
  // where nothing is amiss.
  std::string note;
};

struct SymbolizeOptions {
  // Directories with separate debug files, as /usr/lib/debug, which is always searched. Relative
  // ones are taken from the current directory. A colon in a name cannot be expressed: such a
  // directory is not searched.
  std::vector<std::string> debug_roots;
  // Whether libdw may ask the servers in DEBUGINFOD_URLS. Otherwise the variable is removed from
  // the environment, since that is the only switch there is.
  bool use_debuginfod = false;
};

// Not thread-safe; several Symbolizers may be used by as many threads.
class Symbolizer {
 public:
  // Changes the environment (see use_debuginfod): to be made while no other thread reads it.
  explicit Symbolizer(const SymbolizeOptions& options);
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  // `addresses` are look-up addresses (return address - 1) as in the file, that is, link-time
  // virtual addresses; in any order, with duplicates. Never fails: see ModuleSymbols::state.
  ModuleSymbols Symbolize(const ModuleIdentity& module, absl::Span<const uint64_t> addresses);

 private:
  std::string debuginfo_path_;
  char* debuginfo_path_pointer_;  // what libdwfl wants is a pointer to this
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_SYMBOLIZER_H_
