// Amounts in the units of a profile, which are bytes and blocks but in ad-hoc profiles.
#ifndef MEMSHIM_ANALYZER_RENDER_AMOUNTS_H_
#define MEMSHIM_ANALYZER_RENDER_AMOUNTS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::render {

// Whether sizes are bytes, and not the units of an ad-hoc profile.
bool CountsBytes(const model::Profile& profile);

// A size in bytes or in units of the profile, for a column.
std::string FormatSize(const model::Profile& profile, double size);

// "12.3 MB in 1,234 blocks".
std::string FormatAmount(const model::Profile& profile, uint64_t bytes, uint64_t blocks);

// "1 call site", "3 functions".
std::string CountedGroups(metrics::GroupBy by, size_t count);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_AMOUNTS_H_
