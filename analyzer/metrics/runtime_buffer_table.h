// What the C and C++ runtimes keep to themselves although the user's code led to it: the one
// meaning of "runtime, not yours", for the report and for memshim check.
#ifndef MEMSHIM_ANALYZER_METRICS_RUNTIME_BUFFER_TABLE_H_
#define MEMSHIM_ANALYZER_METRICS_RUNTIME_BUFFER_TABLE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace memshim::analyzer::metrics {

struct RuntimeBufferRule {
  absl::string_view function;  // the qualified name
  absl::string_view label;     // what the report calls it
  // How many of them a stack may have made: a program that opens a million files has a million
  // stdio buffers, and then they are its own concern.
  uint64_t max_blocks;
};

absl::Span<const RuntimeBufferRule> RuntimeBufferRules();

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_RUNTIME_BUFFER_TABLE_H_
