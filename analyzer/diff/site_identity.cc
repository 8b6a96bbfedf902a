// See site_identity.h.
#include "analyzer/diff/site_identity.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "analyzer/metrics/frame_kind.h"

namespace memshim::analyzer::diff {
namespace {

// What GCC and LLVM append to the names of functions that they split or specialise.
constexpr absl::string_view kCloneSuffixes[] = {
    ".constprop.", ".isra.", ".part.", ".cold", ".lto_priv.", ".llvm.", ".localalias", ".ipa_cp.",
};

constexpr absl::string_view kRustHash = "::h0123456789abcdef";

bool EndsInRustHash(absl::string_view name) {
  if (name.size() <= kRustHash.size()) return false;
  const absl::string_view tail = name.substr(name.size() - kRustHash.size());
  return absl::StartsWith(tail, "::h") && std::all_of(tail.begin() + 3, tail.end(), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

}  // namespace

std::string StableFunctionName(absl::string_view function) {
  absl::string_view name = function.substr(0, function.find('@'));
  name = name.substr(0, name.find(" [clone "));
  for (const absl::string_view suffix : kCloneSuffixes) {
    // At the very start it would be the whole name.
    const size_t at = name.find(suffix, 1);
    if (at != absl::string_view::npos) name = name.substr(0, at);
  }
  if (EndsInRustHash(name)) name.remove_suffix(kRustHash.size());
  return std::string(name.empty() ? function : name);
}

absl::string_view StableModuleName(absl::string_view path) {
  const absl::string_view name = metrics::BaseName(path);
  constexpr absl::string_view kVersioned = ".so.";
  const size_t at = name.find(kVersioned);
  return at == absl::string_view::npos ? name : name.substr(0, at + kVersioned.size() - 1);
}

SiteIdentity IdentityOf(const metrics::SiteGroup& site, bool is_same_build) {
  SiteIdentity id;
  id.kind = site.kind;
  id.label = site.label;
  if (!site.label.empty()) return id;
  id.function = StableFunctionName(site.function);
  id.file = std::string(metrics::BaseName(site.file));
  id.module = std::string(StableModuleName(site.module_path));
  if (site.function.empty() && is_same_build) id.module_offset = site.module_offset;
  return id;
}

}  // namespace memshim::analyzer::diff
