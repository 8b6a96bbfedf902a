// A table of call sites (or functions, files, modules): a title, columns that fit what it ranks by,
// a row for each site, and below it what was asked for: callers, histograms.
#ifndef MEMSHIM_ANALYZER_RENDER_SITE_TABLE_H_
#define MEMSHIM_ANALYZER_RENDER_SITE_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "analyzer/metrics/findings.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"
#include "analyzer/render/style.h"

namespace memshim::analyzer::render {

class SiteTable {
 public:
  // All three must outlive it.
  SiteTable(const model::Profile& profile, const metrics::Findings& findings,
            const ReportOptions& options)
      : profile_(profile),
        findings_(findings),
        options_(options),
        style_(options.use_color),
        finder_(profile) {}

  std::string Heading(absl::string_view title, metrics::RankBy by) const;
  // The same; a title that is too long for that stands on a line of its own.
  void AddHeading(absl::string_view title, metrics::RankBy by,
                  std::vector<std::string>* lines) const;
  // Adds the lines of one row. `amount`: what the row is about, a share of `whole` bytes, where
  // that is not what the ranking says of the group.
  void AddRow(size_t group, metrics::RankBy by, std::vector<std::string>* lines) const;
  void AddRow(size_t group, metrics::RankBy by, const metrics::Amount& amount, uint64_t whole,
              std::vector<std::string>* lines) const;

 private:
  void AddRow(size_t group, metrics::RankBy by, const metrics::Amount& amount,
              const std::string& share, std::vector<std::string>* lines) const;
  bool is_narrow() const;
  std::vector<std::string> Titles(metrics::RankBy by) const;
  std::vector<std::string> Numbers(metrics::RankBy by, const model::Counters& counters,
                                   const metrics::Amount& amount, const std::string& share) const;
  std::string Columns(std::vector<std::string> cells) const;
  size_t NameColumns() const;
  void AddStack(metrics::RankBy by, const metrics::SiteGroup& group,
                std::vector<std::string>* lines) const;

  const model::Profile& profile_;
  const metrics::Findings& findings_;
  const ReportOptions& options_;
  Style style_;
  metrics::SiteFinder finder_;
};

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_SITE_TABLE_H_
