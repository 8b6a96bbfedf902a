// See source_lines.h.
#include "analyzer/metrics/source_lines.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::metrics {
namespace {

bool IsPathEnd(absl::string_view path, absl::string_view end) {
  if (!absl::ConsumeSuffix(&path, end)) return false;
  return path.empty() || absl::EndsWith(path, "/");
}

void AddAmount(const model::Counters& counters, RankBy by, Amount* sum, uint64_t* figure) {
  const Amount amount = AmountOf(counters, by);
  sum->bytes = model::SaturatingAdd(sum->bytes, amount.bytes);
  sum->blocks = model::SaturatingAdd(sum->blocks, amount.blocks);
  *figure = model::SaturatingAdd(*figure, RankFigure(counters, by));
}

}  // namespace

std::vector<SourceFile> FindSourceLines(const model::Profile& profile, absl::string_view name,
                                        RankBy by) {
  constexpr size_t kNoFile = static_cast<size_t>(-1);
  absl::ConsumePrefix(&name, "./");
  std::vector<SourceFile> files;
  absl::flat_hash_map<absl::string_view, size_t> by_name;
  std::vector<size_t> file_of;  // of each frame
  for (const model::Frame& frame : profile.frames) {
    const bool is_meant = frame.line != 0 && !frame.file.empty() &&
                          (IsPathEnd(frame.file, name) || IsPathEnd(name, frame.file));
    if (!is_meant) {
      file_of.push_back(kNoFile);
      continue;
    }
    const auto [known, is_new] = by_name.emplace(frame.file, files.size());
    if (is_new) files.emplace_back().file = frame.file;
    file_of.push_back(known->second);
  }
  if (files.empty()) return files;

  const SiteFinder finder(profile);
  std::vector<std::pair<size_t, uint32_t>> seen;  // lines of the stack at hand
  for (const model::Point& point : profile.points) {
    if (RankFigure(point.counters, by) == 0) continue;
    const size_t site = finder.FindSite(point).position;
    seen.clear();
    for (size_t i = 0; i < point.frames.size(); ++i) {
      const size_t file = file_of[point.frames[i]];
      if (file == kNoFile) continue;
      const uint32_t number = profile.frames[point.frames[i]].line;
      SourceLine& line = files[file].lines[number];
      SourceLine& sum = files[file].sum;
      const auto is_same_file = [file](const auto& place) { return place.first == file; };
      if (i == site) {
        AddAmount(point.counters, by, &line.self, &line.self_figure);
        AddAmount(point.counters, by, &sum.self, &sum.self_figure);
      }
      if (std::none_of(seen.begin(), seen.end(), is_same_file)) {
        AddAmount(point.counters, by, &sum.through, &sum.through_figure);
      }
      const std::pair<size_t, uint32_t> place = {file, number};
      if (std::find(seen.begin(), seen.end(), place) != seen.end()) continue;
      seen.push_back(place);
      AddAmount(point.counters, by, &line.through, &line.through_figure);
    }
  }
  std::erase_if(files, [](const SourceFile& file) { return file.lines.empty(); });
  std::stable_sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) {
    return a.sum.through_figure > b.sum.through_figure;
  });
  return files;
}

}  // namespace memshim::analyzer::metrics
