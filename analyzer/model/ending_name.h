// Names of the ways a process can end, as they stand in files and in the JSON report.
#ifndef MEMSHIM_ANALYZER_MODEL_ENDING_NAME_H_
#define MEMSHIM_ANALYZER_MODEL_ENDING_NAME_H_

#include "absl/strings/string_view.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::model {

inline constexpr struct {
  Ending ending;
  absl::string_view name;
} kEndingNames[] = {
    {Ending::kUnknown, "unknown"}, {Ending::kExit, "exit"},     {Ending::kFastExit, "fast-exit"},
    {Ending::kExec, "exec"},       {Ending::kKilled, "killed"}, {Ending::kRunning, "running"},
};

inline absl::string_view EndingName(Ending ending) {
  for (const auto& known : kEndingNames) {
    if (known.ending == ending) return known.name;
  }
  return "unknown";
}

// kUnknown also for names of a later version.
inline Ending EndingByName(absl::string_view name) {
  for (const auto& known : kEndingNames) {
    if (known.name == name) return known.ending;
  }
  return Ending::kUnknown;
}

}  // namespace memshim::analyzer::model

#endif  // MEMSHIM_ANALYZER_MODEL_ENDING_NAME_H_
