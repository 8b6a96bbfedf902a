// A line of a symbolized stack: one function, either the one that holds the code or one inlined
// into it. Made by dwarf_index.h and symbolizer.h, read by everything that names frames.
// It is plain data: it must not know where its values came from.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_SOURCE_FRAME_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_SOURCE_FRAME_H_

#include <cstdint>
#include <string>

namespace memshim::analyzer::symbolize {

struct SourceFrame {
  std::string function;     // demangled; empty when unknown
  std::string file;         // full path as the debug information has it; empty when unknown
  uint32_t line = 0;        // 0: unknown, or code that belongs to no line
  bool is_inlined = false;  // inlined into the frame that follows
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_SOURCE_FRAME_H_
