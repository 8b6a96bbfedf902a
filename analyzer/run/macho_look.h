// Looks at a program of macOS before it is run: what keeps dyld from loading memshim into it.
// Everything here is told by files and by what the caller knows of the system, so that it can be
// tested anywhere.
#ifndef MEMSHIM_ANALYZER_RUN_MACHO_LOOK_H_
#define MEMSHIM_ANALYZER_RUN_MACHO_LOOK_H_

#include <functional>
#include <string>

#include "analyzer/macho/macho_file.h"
#include "analyzer/run/look.h"
#include "analyzer/run/program.h"

namespace memshim::analyzer::run {

struct MacosFacts {
  macho::Processor processor;  // whose images are preferred
  bool has_integrity_protection;
  // Whether the system protects a file, beyond those in its own folders (the flag "restricted").
  std::function<bool(const std::string&)> is_restricted;
  // By which right a file runs as somebody else ("set-user-ID"); "" by none.
  std::function<std::string(const std::string&)> more_rights;
};

Look LookAtMacho(const Program& program, const MacosFacts& facts);

// Whether the path is in a folder of the system's, which it protects as a whole.
bool IsInSystemFolder(const std::string& path);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_MACHO_LOOK_H_
