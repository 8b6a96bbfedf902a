// What a command on the command line will run.
#ifndef MEMSHIM_ANALYZER_RUN_PROGRAM_H_
#define MEMSHIM_ANALYZER_RUN_PROGRAM_H_

#include <string>
#include <vector>

namespace memshim::analyzer::run {

struct Program {
  std::string path;        // as the shell would find it; "" when it would not
  std::string executable;  // the ELF or Mach-O file: of a script, its interpreter's; links resolved
  bool is_script = false;
  std::vector<std::string> launchers;  // what the "#!" lines name: "/usr/bin/env", "/bin/sh"
};

// Looks along PATH and follows "#!" lines, also through env. Errors show in empty fields: that
// there is no such command is told by whoever tries to run it.
Program FindProgram(const std::string& command);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_PROGRAM_H_
