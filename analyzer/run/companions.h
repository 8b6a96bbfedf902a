// Which of memshim's further libraries a program needs beside libmemshim.so: those for functions
// that only some allocators have (shim/companions).
#ifndef MEMSHIM_ANALYZER_RUN_COMPANIONS_H_
#define MEMSHIM_ANALYZER_RUN_COMPANIONS_H_

#include <string>
#include <vector>

#include "analyzer/run/program.h"

namespace memshim::analyzer::run {

// Asks the program's own loader what it would load, with LD_PRELOAD as it is. `library`:
// libmemshim.so, beside which they lie. Empty as well where nothing can be found out.
std::vector<std::string> FindCompanions(const Program& program, const std::string& library);

// The files that the loader names when it is asked (LD_TRACE_LOADED_OBJECTS).
std::vector<std::string> LoadedFiles(const std::string& told);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_COMPANIONS_H_
