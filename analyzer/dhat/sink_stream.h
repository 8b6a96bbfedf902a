// Where the bytes of a file go, and a buffer before it that RapidJSON can write into.
// Used by everything that writes a profile, in whatever format.
#ifndef MEMSHIM_ANALYZER_DHAT_SINK_STREAM_H_
#define MEMSHIM_ANALYZER_DHAT_SINK_STREAM_H_

#include <array>
#include <cstddef>

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
    if (used_ == buffer_.size()) Flush();
    buffer_[used_++] = c;
  }
  void Flush() {
    sink_->Write(absl::string_view(buffer_.data(), used_));
    used_ = 0;
  }

 private:
  ByteSink* sink_;
  size_t used_ = 0;
  std::array<char, size_t{1} << 16> buffer_;
};

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_SINK_STREAM_H_
