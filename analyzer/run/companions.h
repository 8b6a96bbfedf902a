// Which of memshim's libraries a program needs: libmemshim.so, and perhaps those for functions that
// only some allocators have (shim/companions).
#ifndef MEMSHIM_ANALYZER_RUN_COMPANIONS_H_
#define MEMSHIM_ANALYZER_RUN_COMPANIONS_H_

#include <string>
#include <vector>

#include "analyzer/run/program.h"

namespace memshim::analyzer::run {

// `library`, libmemshim.so, and those beside it that are needed, as LD_PRELOAD is to name them.
// Asks the program's own loader what it would load, with LD_PRELOAD as it is.
//
// They are named by a path that each loader completes for itself ("$PLATFORM"), where that leads to
// them: a 32-bit program finds an empty library of its own kind, a program of another C library,
// whose loader completes nothing, no file at all, and passes it over (docs/decisions/0024).
std::vector<std::string> LibrariesFor(const Program& program, const std::string& library);

// The files that the loader names when it is asked (LD_TRACE_LOADED_OBJECTS).
std::vector<std::string> LoadedFiles(const std::string& told);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_COMPANIONS_H_
