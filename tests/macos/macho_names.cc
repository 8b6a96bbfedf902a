// Names addresses of a Mach-O file as memshim-report does: macho_names FILE UUID ADDRESS...
// One line each: the frames, innermost first, as "function file:line", with " < " between them.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "analyzer/symbolize/symbolizer.h"

using memshim::analyzer::symbolize::ModuleSymbols;
using memshim::analyzer::symbolize::SourceFrame;
using memshim::analyzer::symbolize::Symbolizer;

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<uint64_t> addresses;
  for (int i = 3; i < argc; ++i) addresses.push_back(std::strtoull(argv[i], nullptr, 16));
  const ModuleSymbols symbols = Symbolizer({}).Symbolize({argv[1], argv[2]}, addresses);
  if (!symbols.note.empty()) std::printf("%s\n", symbols.note.c_str());
  for (const std::vector<SourceFrame>& frames : symbols.frames) {
    const char* between = "";
    for (const SourceFrame& frame : frames) {
      const size_t slash = frame.file.rfind('/');
      std::printf("%s%s %s:%u", between, frame.function.c_str(),
                  frame.file.substr(slash == std::string::npos ? 0 : slash + 1).c_str(),
                  frame.line);
      between = " < ";
    }
    std::printf("\n");
  }
  return 0;
}
