// See frame_kind.h.
#include "analyzer/metrics/frame_kind.h"

#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "analyzer/metrics/frame_kind_table.h"
#include "analyzer/metrics/function_name.h"

namespace memshim::analyzer::metrics {
namespace {

// The table sorted by what a rule looks at: exact texts hashed, the rest in lists.
class RuleBook {
 public:
  RuleBook() {
    for (const FrameRule& rule : FrameRules()) {
      switch (rule.match) {
        case MatchBy::kFunction:
          functions_.emplace(rule.text, rule.kind);
          break;
        case MatchBy::kFileName:
          files_.emplace(rule.text, rule.kind);
          break;
        case MatchBy::kFunctionPrefix:
          function_prefixes_.push_back(&rule);
          break;
        case MatchBy::kModulePrefix:
          module_prefixes_.push_back(&rule);
          break;
        case MatchBy::kFilePrefix:
          file_prefixes_.push_back(&rule);
          break;
        case MatchBy::kPathPart:
          path_parts_.push_back(&rule);
          break;
      }
    }
  }

  std::optional<FrameKind> ByFunction(absl::string_view name) const {
    if (const auto exact = functions_.find(name); exact != functions_.end()) return exact->second;
    return ByPrefix(function_prefixes_, name);
  }
  std::optional<FrameKind> ByModule(absl::string_view path) const {
    return ByPrefix(module_prefixes_, BaseName(path));
  }
  std::optional<FrameKind> ByFile(absl::string_view path) const {
    const absl::string_view name = BaseName(path);
    if (const auto exact = files_.find(name); exact != files_.end()) return exact->second;
    for (const FrameRule* rule : path_parts_) {
      if (absl::StrContains(path, rule->text)) return rule->kind;
    }
    return ByPrefix(file_prefixes_, name);
  }

 private:
  static std::optional<FrameKind> ByPrefix(const std::vector<const FrameRule*>& rules,
                                           absl::string_view name) {
    for (const FrameRule* rule : rules) {
      if (absl::StartsWith(name, rule->text)) return rule->kind;
    }
    return std::nullopt;
  }

  absl::flat_hash_map<absl::string_view, FrameKind> functions_;
  absl::flat_hash_map<absl::string_view, FrameKind> files_;
  std::vector<const FrameRule*> function_prefixes_;
  std::vector<const FrameRule*> module_prefixes_;
  std::vector<const FrameRule*> file_prefixes_;
  std::vector<const FrameRule*> path_parts_;
};

// "<str as alloc::string::ToString>::to_string": a trait of Rust's crates for a type that is
// nobody's. With a path in the type ("<app::Row as core::fmt::Display>::fmt") it is the user's.
bool IsRustPrimitiveImpl(absl::string_view name) {
  if (!absl::StartsWith(name, "<")) return false;
  const size_t as = name.find(" as ");
  if (as == absl::string_view::npos) return false;
  if (absl::StrContains(name.substr(0, as), "::")) return false;
  const absl::string_view trait = name.substr(as + 4);
  return absl::StartsWith(trait, "alloc::") || absl::StartsWith(trait, "core::") ||
         absl::StartsWith(trait, "std::");
}

}  // namespace

absl::string_view BaseName(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? path : path.substr(slash + 1);
}

absl::string_view ModulePath(const model::Profile& profile, const model::Frame& frame) {
  if (frame.module >= profile.modules.size()) return "";
  return profile.modules[frame.module].path;
}

FrameKind ClassifyFrame(const model::Profile& profile, const model::Frame& frame) {
  static const RuleBook* const rules = new RuleBook;  // lives as long as the process
  if (frame.address == 0 && absl::StartsWith(frame.text, "[")) return FrameKind::kPseudo;
  if (!frame.function.empty()) {
    const absl::string_view name = QualifiedName(frame.function);
    if (const auto kind = rules->ByFunction(name)) return *kind;
    if (IsRustPrimitiveImpl(name)) return FrameKind::kRuntime;
    if (absl::StrContains(frame.function, "@GLIBC_")) return FrameKind::kRuntime;
  }
  if (const auto kind = rules->ByModule(ModulePath(profile, frame))) return *kind;
  if (const auto kind = rules->ByFile(frame.file)) return *kind;
  return FrameKind::kUser;
}

}  // namespace memshim::analyzer::metrics
