// See budget_file.h. toml++ reads; it is kept from files that nobody would write by hand.
#include "analyzer/check/budget_file.h"

namespace {

// toml++ 3.3 asserts, instead of refusing, where a key begins with a dot ("[.a]"), and takes for
// true what it asserts where NDEBUG is defined. Its assertions end the reading of the file instead.
struct ReadingFailed {};
constexpr void Expect(bool is_true) {
  if (!is_true) throw ReadingFailed();
}

}  // namespace

#undef NDEBUG
#define TOML_ASSERT(expression) Expect(static_cast<bool>(expression))
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analyzer/check/text_file.h"
#include "analyzer/metrics/amount.h"

namespace memshim::analyzer::check {
namespace {

// Abseil's own type of string_view, which Debian's packages have.
absl::string_view TextOf(std::string_view text) { return {text.data(), text.size()}; }

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  absl::StatusOr<Budgets> Read(const toml::table& table) {
    for (const auto& [key, node] : table) {
      if (absl::Status status = TopLevel(TextOf(key.str()), node); !status.ok()) return status;
    }
    return std::move(budgets_);
  }

  absl::Status Wrong(const toml::source_region& at, absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(path_, ":", at.begin.line, ": ", what));
  }

 private:
  absl::Status TopLevel(absl::string_view key, const toml::node& node);
  absl::Status Part(Scope::Kind kind, const toml::node& node);
  absl::StatusOr<PlacePattern> Pattern(const toml::table& part) const;
  // Whether `key` is a budget; then it is added.
  absl::StatusOr<bool> AddBudget(absl::string_view key, const toml::node& node, const Scope& scope);
  absl::StatusOr<std::vector<std::string>> Texts(absl::string_view key,
                                                 const toml::node& node) const;
  absl::Status AddSuppressions(const std::vector<std::string>& lines,
                               const toml::source_region& at);
  std::string BesideTheFile(const std::string& name) const {
    return (std::filesystem::path(path_).parent_path() / name).string();
  }

  const std::string& path_;
  Budgets budgets_;
};

absl::StatusOr<bool> Reader::AddBudget(absl::string_view key, const toml::node& node,
                                       const Scope& scope) {
  for (const BudgetSpec& spec : BudgetSpecs()) {
    if (key != spec.name) continue;
    if (scope.kind != Scope::Kind::kRun && !spec.is_for_sites) {
      return Wrong(node.source(), absl::StrCat(key, " can be set for the whole run alone"));
    }
    // A number is a number of bytes or blocks; everything else is a text.
    std::string text = node.value_or(std::string());
    if (const toml::value<int64_t>* number = node.as_integer()) text = absl::StrCat(number->get());
    const absl::StatusOr<uint64_t> limit = ParseLimit(spec, text);
    if (!limit.ok()) {
      return Wrong(node.source(), absl::StrCat("expected ", limit.status().message(), " for ", key,
                                               ", found '", text, "'"));
    }
    budgets_.budgets.push_back({spec.kind, *limit, scope});
    return true;
  }
  return false;
}

absl::StatusOr<std::vector<std::string>> Reader::Texts(absl::string_view key,
                                                       const toml::node& node) const {
  std::vector<std::string> texts;
  const toml::array* const list = node.as_array();
  for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const toml::value<std::string>* const text = list->get(i)->as_string();
    if (text != nullptr) texts.push_back(text->get());
  }
  if (list == nullptr || texts.size() != list->size()) {
    return Wrong(node.source(), absl::StrCat("expected a list of texts for ", key));
  }
  return texts;
}

absl::Status Reader::AddSuppressions(const std::vector<std::string>& lines,
                                     const toml::source_region& at) {
  std::vector<Suppression> added;
  absl::Status status = ParseSuppressions(absl::StrJoin(lines, "\n"), path_, &added);
  // Its own count of lines is not the file's.
  if (!status.ok()) return Wrong(at, "expected texts like leak:PATTERN in suppressions");
  for (Suppression& suppression : added) {
    suppression.origin = absl::StrCat(path_, ":", at.begin.line);
    budgets_.suppressions.push_back(std::move(suppression));
  }
  return absl::OkStatus();
}

absl::StatusOr<PlacePattern> Reader::Pattern(const toml::table& part) const {
  const toml::node* const name = part.get("name");
  const toml::node* const regex = part.get("regex");
  const toml::node* const given = name != nullptr ? name : regex;
  if (given == nullptr || (name != nullptr && regex != nullptr) || !given->is_string()) {
    return Wrong(part.source(), "expected either name = \"TEXT\" or regex = \"TEXT\"");
  }
  const std::string text = given->value_or(std::string());
  if (name != nullptr) return PlacePattern::Name(text);
  absl::StatusOr<PlacePattern> pattern = PlacePattern::Regex(text);
  if (pattern.ok()) return pattern;
  return Wrong(regex->source(), absl::StrCat("expected a regular expression (RE2), found '", text,
                                             "': ", pattern.status().message()));
}

absl::Status Reader::Part(Scope::Kind kind, const toml::node& node) {
  const toml::table* const part = node.as_table();
  if (part == nullptr) return Wrong(node.source(), "expected a table, as [[site]] begins one");
  absl::StatusOr<PlacePattern> pattern = Pattern(*part);
  if (!pattern.ok()) return pattern.status();
  const Scope scope = {kind, *std::move(pattern)};
  size_t count = 0;
  for (const auto& [key, value] : *part) {
    if (TextOf(key.str()) == "name" || TextOf(key.str()) == "regex") continue;
    const absl::StatusOr<bool> is_budget = AddBudget(TextOf(key.str()), value, scope);
    if (!is_budget.ok()) return is_budget.status();
    if (!*is_budget)
      return Wrong(value.source(), absl::StrCat("unknown key '", TextOf(key.str()), "'"));
    ++count;
  }
  if (count == 0) return Wrong(node.source(), "expected a budget, such as max-peak, in this table");
  return absl::OkStatus();
}

absl::Status Reader::TopLevel(absl::string_view key, const toml::node& node) {
  if (key == "site" || key == "function") {
    const toml::array* const parts = node.as_array();
    if (parts == nullptr) {
      return Wrong(node.source(), absl::StrCat("expected tables that begin with [[", key, "]]"));
    }
    const Scope::Kind kind = key == "site" ? Scope::Kind::kSite : Scope::Kind::kFunction;
    for (const toml::node& part : *parts) {
      if (absl::Status status = Part(kind, part); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  if (key == "baseline") {
    const toml::value<std::string>* const text = node.as_string();
    if (text == nullptr) return Wrong(node.source(), "expected a path for baseline");
    budgets_.baseline = BesideTheFile(text->get());
    return absl::OkStatus();
  }
  if (key == "tolerance") {
    budgets_.tolerance = metrics::ParsePercent(node.value_or(std::string()));
    if (budgets_.tolerance.has_value()) return absl::OkStatus();
    return Wrong(node.source(), "expected a share such as \"2%\" for tolerance");
  }
  if (key == "suppressions" || key == "suppression-files") {
    const absl::StatusOr<std::vector<std::string>> texts = Texts(key, node);
    if (!texts.ok()) return texts.status();
    if (key == "suppressions") return AddSuppressions(*texts, node.source());
    for (const std::string& file : *texts) {
      absl::Status status = ReadSuppressions(BesideTheFile(file), &budgets_.suppressions);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  const absl::StatusOr<bool> is_budget = AddBudget(key, node, {});
  if (!is_budget.ok()) return is_budget.status();
  return *is_budget ? absl::OkStatus()
                    : Wrong(node.source(), absl::StrCat("unknown key '", key, "'"));
}

}  // namespace

absl::StatusOr<Budgets> ParseBudgets(absl::string_view text, const std::string& path) try {
  const toml::parse_result parsed = toml::parse(std::string_view(text.data(), text.size()));
  Reader reader(path);
  if (parsed.failed()) {
    return reader.Wrong(parsed.error().source(),
                        absl::StrCat("expected TOML: ", TextOf(parsed.error().description())));
  }
  return reader.Read(parsed.table());
} catch (const ReadingFailed&) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": expected TOML, found a key that begins with a dot or the like"));
}

absl::StatusOr<Budgets> ReadBudgets(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return text.status();
  return ParseBudgets(*text, path);
}

absl::Status ReadSuppressions(const std::string& path, std::vector<Suppression>* suppressions) {
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return text.status();
  return ParseSuppressions(*text, path, suppressions);
}

}  // namespace memshim::analyzer::check
