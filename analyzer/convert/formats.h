// The formats that a profile can be written in, and what each of them is called.
// Called by the convert command. Formats are pure functions of a profile: they know neither files
// nor options of the command line.
#ifndef MEMSHIM_ANALYZER_CONVERT_FORMATS_H_
#define MEMSHIM_ANALYZER_CONVERT_FORMATS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analyzer/convert/metric.h"
#include "analyzer/dhat/fold.h"
#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

struct Request {
  const Metric* metric = &Metrics().front();        // of formats that hold one figure
  size_t top = 10;                                  // rows of a table for people
  uint64_t max_bytes = dhat::kDefaultMaxFileBytes;  // of a DHAT file; 0: any size
  bool live_at_peak = false;                        // pprof's inuse_*: at t-gmax, not at t-end
};

struct Format {
  absl::string_view name;
  absl::string_view summary;
  bool needs_lifetimes = false;
  // `profile` tells the metric asked for; what is left of it afterwards is nobody's business.
  void (*write)(model::Profile& profile, const Request& request, dhat::ByteSink* sink) = nullptr;
};

absl::Span<const Format> Formats();

// Null: no format is called that.
const Format* FindFormat(absl::string_view name);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_FORMATS_H_
