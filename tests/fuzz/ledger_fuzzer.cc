// Hostile ledgers, from the file to the report. A ledger is sparse and at least 1 MiB large, which
// no mutator can handle, so an input lists its pieces:
//
//   u32 size of the file | pieces: u32 offset, u8 n, n bytes     (what is not listed is zero)
//
// What says of which format it is, is right in every input: a unit test sees the others refused.
// Whatever is accepted keeps its sums on the way through the profile and makes both reports.
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "analyzer/finish/build_profile.h"
#include "analyzer/ledger/reader.h"
#include "analyzer/render/json_report.h"
#include "analyzer/render/text_report.h"
#include "tests/fuzz/fuzzing.h"

namespace memshim::analyzer {
namespace {

namespace format = ::memshim::ledger;

constexpr uint32_t kMostBytes = 16u << 20;

void Expand(const uint8_t* data, size_t size, fuzz::InputFile* file) {
  uint32_t file_bytes = 0;
  if (size >= sizeof(file_bytes)) memcpy(&file_bytes, data, sizeof(file_bytes));
  file_bytes %= kMostBytes + 1;
  file->Reset(file_bytes);
  constexpr size_t kPieceHead = 5;
  for (size_t at = sizeof(file_bytes); at + kPieceHead <= size;) {
    uint32_t offset;
    memcpy(&offset, data + at, sizeof(offset));
    const size_t n = std::min<size_t>(data[at + 4], size - at - kPieceHead);
    if (offset + n <= file_bytes) file->Write(offset, data + at + kPieceHead, n);
    at += kPieceHead + n;
  }
  const auto write = [&](size_t offset, auto value) {
    if (offset + sizeof(value) <= file_bytes) file->Write(offset, &value, sizeof(value));
  };
  write(offsetof(format::Header, magic), format::kMagic);
  write(offsetof(format::Header, version), format::kVersion);
  write(offsetof(format::Header, byte_order), format::kByteOrder);
  write(offsetof(format::Header, header_bytes), uint32_t{sizeof(format::Header)});
  write(offsetof(format::Header, unit_bytes), format::kUnitBytes);
}

void CheckSums(const ledger::Contents& contents, const model::Profile& profile) {
  unsigned __int128 read = 0, kept = 0;
  for (const ledger::PointSums& sums : contents.sums) {
    fuzz::Require(sums.gmax_bytes <= sums.total_bytes && sums.live_bytes <= sums.total_bytes &&
                      sums.max_bytes <= sums.total_bytes,
                  "no part of a point is more than all of it");
    // A point without blocks is left out.
    if (sums.total_blocks != 0) read += sums.total_bytes;
  }
  for (const model::Point& point : profile.points) kept += point.counters.total_bytes;
  fuzz::Require(read == kept, "the profile has the bytes of the ledger");
  fuzz::Require(profile.t_gmax <= profile.t_end, "the peak is not behind the end");
}

}  // namespace
}  // namespace memshim::analyzer

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace memshim::analyzer;  // NOLINT(google-build-using-namespace): of this function
  static memshim::fuzz::InputFile file;
  Expand(data, size, &file);
  absl::StatusOr<ledger::Contents> contents = ledger::ReadLedger(file.path());
  if (!contents.ok()) {
    memshim::fuzz::Require(!contents.status().message().empty(), "a refusal says why");
    return 0;
  }
  memshim::fuzz::CountAccepted();
  // Symbols are another matter: no file that a ledger names is opened.
  for (ledger::LoadedModule& module : contents->modules) module.path.clear();
  model::Profile profile = finish::BuildProfile(*contents, finish::ProcessState::kGone);
  CheckSums(*contents, profile);
  render::ReportOptions options;
  options.file = "input";
  const metrics::Findings findings = metrics::Examine({}, &profile);
  memshim::fuzz::Require(!render::TextReport(profile, findings, options).empty(),
                         "there is a report");
  memshim::fuzz::Require(!render::JsonReport(profile, findings, options).empty(),
                         "there is a JSON report");
  return 0;
}
