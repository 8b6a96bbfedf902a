// Readable names for the linkage names of C++ and Rust (legacy and v0), by libiberty.
// Called for every name that a symbol table or DWARF gives. Names come from files that may be
// damaged or hostile: no input makes this crash, and neither its time nor its memory grows beyond
// a fixed bound per name.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_DEMANGLE_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_DEMANGLE_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::symbolize {

// Longer names, mangled and demangled, are left as they are. (The longest name seen in a large
// C++ program has 5 KB; a name of 100 bytes can be made to stand for gigabytes.)
inline constexpr size_t kMaxMangledNameSize = 32 << 10;
inline constexpr size_t kMaxDemangledNameSize = 256 << 10;

// The demangled name, or `name` itself when it is not a mangled one.
std::string Demangle(absl::string_view name);

// Demangle with a memory: of each distinct name the work is done once. Not thread-safe.
class Demangler {
 public:
  std::string Get(absl::string_view name);

 private:
  absl::flat_hash_map<std::string, std::string> names_;
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_DEMANGLE_H_
