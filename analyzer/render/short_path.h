// Paths for people to type.
#ifndef MEMSHIM_ANALYZER_RENDER_SHORT_PATH_H_
#define MEMSHIM_ANALYZER_RENDER_SHORT_PATH_H_

#include <string>

namespace memshim::analyzer::render {

// Relative to the current folder where that is shorter.
std::string ShortPath(const std::string& path);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_SHORT_PATH_H_
