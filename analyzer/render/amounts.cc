// See amounts.h.
#include "analyzer/render/amounts.h"

#include "absl/strings/str_cat.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::render {

bool CountsBytes(const model::Profile& profile) { return profile.bytes_unit == "bytes"; }

std::string FormatSize(const model::Profile& profile, double size) {
  return CountsBytes(profile) ? FormatBytes(size) : FormatQuantity(size);
}

std::string FormatAmount(const model::Profile& profile, uint64_t bytes, uint64_t blocks) {
  const std::string size = FormatSize(profile, static_cast<double>(bytes));
  const std::string unit =
      CountsBytes(profile) ? "" : absl::StrCat(" ", CleanText(profile.bytes_unit));
  const bool is_one = blocks == 1 && profile.blocks_unit == "blocks";
  return absl::StrCat(size, unit, " in ", FormatExact(blocks), " ",
                      is_one ? "block" : CleanText(profile.blocks_unit));
}

std::string CountedGroups(metrics::GroupBy by, size_t count) {
  switch (by) {
    case metrics::GroupBy::kSite:
      return Counted(count, "call site", "call sites");
    case metrics::GroupBy::kFunction:
      return Counted(count, "function", "functions");
    case metrics::GroupBy::kFile:
      return Counted(count, "file", "files");
    case metrics::GroupBy::kModule:
      return Counted(count, "module", "modules");
    case metrics::GroupBy::kThread:
      return Counted(count, "kind of thread", "kinds of threads");
  }
  return "";
}

}  // namespace memshim::analyzer::render
