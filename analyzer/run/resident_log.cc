// See resident_log.h.
#include "analyzer/run/resident_log.h"

#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace memshim::analyzer::run {

namespace format = memshim::ledger;

uint64_t ReadResident(int pid) {
  std::ifstream statm(absl::StrCat("/proc/", pid, "/statm"));
  uint64_t size_pages = 0, resident_pages = 0;
  statm >> size_pages >> resident_pages;
  return statm ? resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

void ResidentLog::Add(uint64_t monotonic_ns, uint64_t bytes) {
  const bool is_first = samples_.empty();
  if (!is_first && monotonic_ns < samples_.back().monotonic_ns + distance_ns_) return;
  size_t from = samples_.size();
  if (from == format::kResidentCapacity) {
    from /= 2;
    for (size_t i = 1; i < from; ++i) samples_[i] = samples_[2 * i];
    samples_.resize(from);
    distance_ns_ *= 2;
    from = 0;
  }
  samples_.push_back({monotonic_ns, bytes});
  Write(from);
}

void ResidentLog::Write(size_t from) {
  const format::ResidentHead head = {samples_.size(), 0};
  const size_t sample_bytes = sizeof(format::ResidentSample);
  const off_t at = static_cast<off_t>(format::kResidentOffset + sizeof(head) + from * sample_bytes);
  const size_t bytes = (samples_.size() - from) * sample_bytes;
  if (pwrite(fd_, samples_.data() + from, bytes, at) != static_cast<ssize_t>(bytes)) return;
  const ssize_t written = pwrite(fd_, &head, sizeof(head), format::kResidentOffset);
  static_cast<void>(written);
}

}  // namespace memshim::analyzer::run
