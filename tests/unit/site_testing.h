// Profiles put together from texts of frames, for the tests of what is computed from call sites.
#ifndef MEMSHIM_TESTS_UNIT_SITE_TESTING_H_
#define MEMSHIM_TESTS_UNIT_SITE_TESTING_H_

#include <string>
#include <vector>

#include "analyzer/dhat/frame_text.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer {

class ProfileBuilder {
 public:
  ProfileBuilder() {
    profile_.is_ours = true;
    profile_.mode = "heap";
    profile_.command = "./app";
    profile_.frames.emplace_back().text = "[root]";
  }

  // `texts`: innermost first, without the allocation function.
  ProfileBuilder& Add(const std::vector<std::string>& texts, const model::Counters& counters) {
    model::Point& point = profile_.points.emplace_back();
    point.counters = counters;
    AddFrame("0x1: malloc (in /usr/lib/libmemshim.so)", &point);
    for (const std::string& text : texts) AddFrame(text, &point);
    return *this;
  }

  // Of the module with that path.
  ProfileBuilder& BuildId(const std::string& path, const std::string& build_id) {
    for (model::Module& module : profile_.modules) {
      if (module.path == path) module.build_id = build_id;
    }
    return *this;
  }

  model::Profile profile_;

 private:
  void AddFrame(const std::string& text, model::Point* point) {
    const dhat::FrameParts parts = dhat::ParseFrameText(text);
    point->frames.push_back(static_cast<uint32_t>(profile_.frames.size()));
    model::Frame& frame = profile_.frames.emplace_back();
    frame.text = text;
    frame.address = parts.address;
    frame.function = std::string(parts.function);
    frame.file = std::string(parts.file);
    frame.line = parts.line;
    if (parts.module_path.empty()) return;
    for (size_t i = 0; i < profile_.modules.size(); ++i) {
      if (profile_.modules[i].path == parts.module_path) frame.module = static_cast<uint32_t>(i);
    }
    if (frame.module != model::kNoModule) return;
    frame.module = static_cast<uint32_t>(profile_.modules.size());
    profile_.modules.push_back({std::string(parts.module_path), ""});
  }
};

// Total, at the peak and at the end, in blocks of 10 bytes.
inline model::Counters Blocks(uint64_t total, uint64_t peak, uint64_t end) {
  model::Counters c;
  c.total_bytes = 10 * total;
  c.total_blocks = total;
  c.max_bytes = c.gmax_bytes = 10 * peak;
  c.max_blocks = c.gmax_blocks = peak;
  c.end_bytes = 10 * end;
  c.end_blocks = end;
  return c;
}

}  // namespace memshim::analyzer

#endif  // MEMSHIM_TESTS_UNIT_SITE_TESTING_H_
