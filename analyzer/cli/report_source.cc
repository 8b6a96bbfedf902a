// See report_source.h.
#include "analyzer/cli/report_source.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "analyzer/metrics/frame_kind.h"

namespace memshim::analyzer::cli {

render::AnnotatedFile ReadSource(metrics::SourceFile figures, const std::string& asked) {
  render::AnnotatedFile file;
  for (const std::string& path :
       {asked, figures.file, std::string(metrics::BaseName(figures.file))}) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) continue;
    // The name that was asked for may be that of another folder's file.
    if (metrics::BaseName(path) != metrics::BaseName(figures.file)) continue;
    std::ifstream stream(path, std::ios::binary);
    for (std::string line; std::getline(stream, line);) file.text.push_back(std::move(line));
    if (file.text.empty()) continue;
    file.path = path;
    break;
  }
  file.figures = std::move(figures);
  return file;
}

}  // namespace memshim::analyzer::cli
