// What a function is called, without what it takes and returns.
// Demangled C++ names carry parameters, and those of templates a return type in front; to know
// whose function it is, and to show it in a column, only the qualified name matters.
#ifndef MEMSHIM_ANALYZER_METRICS_FUNCTION_NAME_H_
#define MEMSHIM_ANALYZER_METRICS_FUNCTION_NAME_H_

#include "absl/strings/string_view.h"

namespace memshim::analyzer::metrics {

// "void std::vector<int>::f<long>(int) const" -> "std::vector<int>::f<long>". Names that are not
// understood are returned whole. The result is a view into `function`.
absl::string_view QualifiedName(absl::string_view function);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_FUNCTION_NAME_H_
