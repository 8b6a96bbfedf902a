// Looks at a program before it is run: what keeps memshim from recording it, and what to do then.
// The platform is a file: elf_look.cc for Linux; for macOS look_darwin.cc, which asks the system,
// and macho_look.cc, which asks files and is built everywhere.
#ifndef MEMSHIM_ANALYZER_RUN_LOOK_H_
#define MEMSHIM_ANALYZER_RUN_LOOK_H_

#include <string>

#include "analyzer/run/program.h"

namespace memshim::analyzer::run {

struct Look {
  std::string line;            // for the user; "" when there is nothing to say
  bool may_be_harmed = false;  // the preload would break the program: it has to run without
};

// A file that cannot be read, or is none, says nothing: running it will tell.
Look LookAt(const Program& program);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_LOOK_H_
