// What the tests of the symbolizer share: a directory to build programs in, commands, and a way to
// ask for the names in a file. Included by symbolize_*_test.cc only. It needs the macro
// MEMSHIM_TEST_PROGRAMS, the directory of the test programs.
#ifndef MEMSHIM_TESTS_UNIT_SYMBOLIZE_TESTING_H_
#define MEMSHIM_TESTS_UNIT_SYMBOLIZE_TESTING_H_

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analyzer/symbolize/module_file.h"
#include "analyzer/symbolize/symbolizer.h"

namespace memshim::analyzer::symbolize {

// A directory of the test's own, removed with everything in it.
class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = (std::filesystem::path(testing::TempDir()) / "symbolize_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

inline void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

// Runs a shell command in `directory`, with the directory of the programs in $SOURCES; its standard
// output, or nothing when it fails.
inline std::optional<std::string> RunShell(const TempDirectory& directory,
                                           const std::string& command) {
  const std::string out = directory.File("stdout");
  const std::string line =
      absl::StrCat("SOURCES='" MEMSHIM_TEST_PROGRAMS "/symbolize'; cd '", directory.path(),
                   "' && ( ", command, " ) >'", out, "' 2>'", directory.File("stderr"), "'");
  if (std::system(line.c_str()) != 0) return std::nullopt;
  return ReadFile(out);
}

inline bool HasTool(const std::string& tool) {
  return std::system(absl::StrCat("command -v ", tool, " >/dev/null 2>&1").c_str()) == 0;
}

inline std::string BuildIdOf(const std::string& path) {
  char* no_path = nullptr;
  ModuleFile file(&no_path);
  return file.Open(path) == ModuleFile::OpenResult::kOpened ? file.build_id() : "";
}

inline ModuleSymbols SymbolizeFile(const std::string& path, const std::vector<uint64_t>& addresses,
                                   std::vector<std::string> roots = {}) {
  Symbolizer symbolizer(SymbolizeOptions{std::move(roots), false});
  return symbolizer.Symbolize({path, BuildIdOf(path)}, addresses);
}

inline std::vector<std::string> FunctionsOf(const std::vector<SourceFrame>& frames) {
  std::vector<std::string> functions;
  for (const SourceFrame& frame : frames) functions.push_back(frame.function);
  return functions;
}

inline std::string Describe(const std::vector<SourceFrame>& frames) {
  std::string text;
  for (const SourceFrame& frame : frames) {
    absl::StrAppend(&text, "    ", frame.function, " (", frame.file, ":", frame.line, ")",
                    frame.is_inlined ? " inlined\n" : "\n");
  }
  return text;
}

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_TESTS_UNIT_SYMBOLIZE_TESTING_H_
