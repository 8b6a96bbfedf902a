// Small texts: budgets and suppressions that people write, summaries that they read.
#ifndef MEMSHIM_ANALYZER_CHECK_TEXT_FILE_H_
#define MEMSHIM_ANALYZER_CHECK_TEXT_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::check {

// The whole text, also of a pipe. The status is one line that begins with `path`.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

enum class WriteMode { kReplace, kAppend };

// The status is one line that begins with `path`.
absl::Status WriteTextFile(const std::string& path, absl::string_view text, WriteMode mode);

}  // namespace memshim::analyzer::check

#endif  // MEMSHIM_ANALYZER_CHECK_TEXT_FILE_H_
