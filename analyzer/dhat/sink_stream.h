// Where the bytes of a file go, and a buffer before it that RapidJSON can write into.
// Used by everything that writes a profile, in whatever format.
#ifndef MEMSHIM_ANALYZER_DHAT_SINK_STREAM_H_
#define MEMSHIM_ANALYZER_DHAT_SINK_STREAM_H_

#include <cstddef>
#include <memory>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::dhat {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void Write(absl::string_view bytes) = 0;
};

// What RapidJSON calls an output stream. Flush() after the last character.
class SinkStream {
 public:
  using Ch = char;

  explicit SinkStream(ByteSink* sink) : sink_(sink) {}

  void Put(char c) {
    if (used_ == kBufferBytes) Flush();
    buffer_[used_++] = c;
  }
  void Flush() {
    sink_->Write(absl::string_view(buffer_.get(), used_));
    used_ = 0;
  }

 private:
  static constexpr size_t kBufferBytes = size_t{1} << 16;

  ByteSink* sink_;
  size_t used_ = 0;
  // Not on the stack, which may be small (ulimit -s).
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(kBufferBytes);
};

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_SINK_STREAM_H_
