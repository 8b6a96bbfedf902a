// How a library is loaded into a program, where the platform's differ: preload_place_linux.cc,
// preload_place_darwin.cc.
#ifndef MEMSHIM_ANALYZER_RUN_PRELOAD_PLACE_H_
#define MEMSHIM_ANALYZER_RUN_PRELOAD_PLACE_H_

#include <string>

namespace memshim::analyzer::run {

// The library's file.
extern const char* const kLibraryName;

// The variable that names libraries to load before others, with colons between them, and what the
// loader takes for the end of a name.
extern const char* const kPreloadVariable;
extern const char* const kPreloadSeparators;

// This program's file; "" where it cannot be had.
std::string OwnExecutable();

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_PRELOAD_PLACE_H_
