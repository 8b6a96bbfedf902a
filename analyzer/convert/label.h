// What a frame is called in the formats of others. Each name is valid UTF-8 on one line without
// control characters, whatever a file says; what else a format cannot take is the format's concern.
#ifndef MEMSHIM_ANALYZER_CONVERT_LABEL_H_
#define MEMSHIM_ANALYZER_CONVERT_LABEL_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

// "std::vector<int>::reserve(unsigned long)"; of code without a name "libx.so+0x1234",
// "0x7F01 in libx.so" or "0x7F01"; of what is no code its text, e.g. "[folded]". Never empty, no
// blanks at its ends.
std::string FrameLabel(const model::Profile& profile, const model::Frame& frame);

// FrameLabel() of each frame of the profile.
std::vector<std::string> FrameLabels(const model::Profile& profile);

// `text` as one line of valid UTF-8; what a terminal would obey becomes '?'.
std::string OneLine(absl::string_view text);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_LABEL_H_
