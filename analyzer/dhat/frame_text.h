// Takes the text of one frame apart: address, function, source file and line, or module.
// Called by the reader for every entry of the frame table. Three producers are known: valgrind
// ("0x10A81D: inl2 (frames.cpp:10)", "0x49047B9: ??? (in /usr/lib/libfoo.so)"), dhat-rs
// ("0x55e1: app::main (src/main.rs:3:5)") and memshim, which writes as valgrind does. Other
// texts are legal too, a frame text is opaque to DHAT, and are kept whole as the function.
#ifndef MEMSHIM_ANALYZER_DHAT_FRAME_TEXT_H_
#define MEMSHIM_ANALYZER_DHAT_FRAME_TEXT_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::dhat {

// Views into the text given to ParseFrameText. Parts that are not there are empty or 0.
struct FrameParts {
  uint64_t address = 0;
  absl::string_view function;
  absl::string_view file;
  uint32_t line = 0;
  absl::string_view module_path;  // without the "+0x1234" that may follow it
};

FrameParts ParseFrameText(absl::string_view text);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_FRAME_TEXT_H_
