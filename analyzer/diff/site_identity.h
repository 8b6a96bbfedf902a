// What makes a call site of one profile the same as one of another: function, file and module,
// never a line or an address, which change with every edit and every build.
#ifndef MEMSHIM_ANALYZER_DIFF_SITE_IDENTITY_H_
#define MEMSHIM_ANALYZER_DIFF_SITE_IDENTITY_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "analyzer/metrics/site_groups.h"

namespace memshim::analyzer::diff {

struct SiteIdentity {
  metrics::SiteKind kind = metrics::SiteKind::kUnknown;
  std::string label;     // as in metrics::SiteGroup
  std::string function;  // see StableFunctionName(); empty when unknown
  std::string file;      // base name; empty when unknown
  std::string module;    // see StableModuleName(); empty when unknown
  // Of a function without a name, in a module that is the very same file in both profiles: there
  // its place is as good as a name. Else 0, and all functions without a name of a module are one.
  uint64_t module_offset = 0;

  bool operator==(const SiteIdentity&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const SiteIdentity& id) {
    return H::combine(std::move(state), id.kind, id.label, id.function, id.file, id.module,
                      id.module_offset);
  }
};

// `is_same_build`: the site's module has the same build-id in both profiles.
SiteIdentity IdentityOf(const metrics::SiteGroup& site, bool is_same_build);

// Without what compilers add from build to build: symbol versions ("@@GLIBC_2.2.5"), the names of
// clones (".constprop.0", " [clone .isra.0]"), Rust's hashes ("::h0123456789abcdef").
std::string StableFunctionName(absl::string_view function);

// The base name without the version behind ".so".
absl::string_view StableModuleName(absl::string_view path);

}  // namespace memshim::analyzer::diff

#endif  // MEMSHIM_ANALYZER_DIFF_SITE_IDENTITY_H_
