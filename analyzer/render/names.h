// How a call site or a frame is called in a line of the report.
#ifndef MEMSHIM_ANALYZER_RENDER_NAMES_H_
#define MEMSHIM_ANALYZER_RENDER_NAMES_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::render {

// "std::map<int, Foo>::insert(int)" -> "std::map<...>::insert": parameters, the arguments of
// templates and anonymous namespaces are dropped.
std::string ShortFunctionName(absl::string_view function);

inline constexpr size_t kAnyWidth = static_cast<size_t>(-1);

// "function (file:line)", "function in module", "function (file)", "0x1234 in module", "label:
// runtime, not yours". With `full_names` nothing is dropped and `width` is ignored; else the result
// has at most `width` columns, and it is the function that is shortened, not the place.
std::string SiteName(const metrics::SiteGroup& site, bool full_names, size_t width);
std::string FrameName(const model::Profile& profile, const model::Frame& frame, bool full_names,
                      size_t width);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_NAMES_H_
