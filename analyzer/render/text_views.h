// The views besides the report: what is left, by suspicion; call trees; a source file's lines.
#ifndef MEMSHIM_ANALYZER_RENDER_TEXT_VIEWS_H_
#define MEMSHIM_ANALYZER_RENDER_TEXT_VIEWS_H_

#include <string>
#include <vector>

#include "analyzer/metrics/call_tree.h"
#include "analyzer/metrics/findings.h"
#include "analyzer/metrics/source_lines.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::render {

// Without --top: ten of each kind.
std::string LeaksText(const model::Profile& profile, const metrics::Findings& findings,
                      const ReportOptions& options);

std::string TreeText(const model::Profile& profile, const metrics::CallTree& tree,
                     const metrics::TreeQuery& query, const ReportOptions& options);

// A file's lines as read from where the source is; empty where it could not be found.
struct AnnotatedFile {
  metrics::SourceFile figures;
  std::string path;
  std::vector<std::string> text;
};

// Requires: at least one file.
std::string AnnotationText(const model::Profile& profile, const std::vector<AnnotatedFile>& files,
                           metrics::RankBy by, const ReportOptions& options);

// "total bytes", "bytes live at the peak": what figures of a view are.
std::string FigureName(const model::Profile& profile, metrics::RankBy by);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_TEXT_VIEWS_H_
