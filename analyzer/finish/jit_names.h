// Names of code made at run time, from /tmp/perf-PID.map, which runtimes write for perf: lines of
// "START SIZE NAME" in hexadecimal.
//
// Anybody may write to /tmp: the file is believed only where it is a regular one, no link, of the
// ledger's owner, and no older than the process. Its names are texts like any other.
#ifndef MEMSHIM_ANALYZER_FINISH_JIT_NAMES_H_
#define MEMSHIM_ANALYZER_FINISH_JIT_NAMES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::finish {

class JitNames {
 public:
  JitNames() = default;
  explicit JitNames(absl::string_view map);

  // Empty where there is no such file, or one that cannot be believed. `start_realtime_ns`: of the
  // process.
  static JitNames Read(const std::string& path, uint32_t owner, uint64_t start_realtime_ns);
  static std::string PathFor(int pid);

  // "" for none. Where code has been replaced by other code, the last one.
  absl::string_view Find(uint64_t address) const;
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    uint64_t start;
    uint64_t end;
    uint32_t line;
    std::string name;
  };
  std::vector<Entry> entries_;  // by start, then line
};

// What a name tells. V8's have the form "JS:~function file:line:column", where one sign says how
// the code was made.
struct JitPlace {
  std::string function;
  std::string file;  // without folders; "" where none is told
  uint32_t line = 0;
};
JitPlace TakeApart(absl::string_view name);

}  // namespace memshim::analyzer::finish

#endif  // MEMSHIM_ANALYZER_FINISH_JIT_NAMES_H_
