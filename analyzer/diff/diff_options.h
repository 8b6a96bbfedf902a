// What the user asked of a comparison's form.
#ifndef MEMSHIM_ANALYZER_DIFF_DIFF_OPTIONS_H_
#define MEMSHIM_ANALYZER_DIFF_DIFF_OPTIONS_H_

#include <cstddef>
#include <optional>
#include <string>

namespace memshim::analyzer::diff {

struct DiffOptions {
  std::string old_file, new_file;  // as the user named them
  std::optional<size_t> top;       // rows of a section; else as many as fit on a screen
  size_t columns = 100;            // of the screen; at least 72
  bool full_names = false;
  bool use_color = false;
  bool unicode = true;  // of our own characters; names are printed as they are
};

}  // namespace memshim::analyzer::diff

#endif  // MEMSHIM_ANALYZER_DIFF_DIFF_OPTIONS_H_
