// See resident.h. The files of /proc: proc(5).
#include "analyzer/finish/resident.h"

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace memshim::analyzer::finish {
namespace {

// The bytes of a line "NAME:   123 kB"; nullopt: it is another line.
std::optional<uint64_t> BytesOf(absl::string_view line, absl::string_view name) {
  uint64_t kib = 0;
  if (!absl::ConsumePrefix(&line, name) || !absl::ConsumeSuffix(&line, "kB")) return std::nullopt;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(line), &kib)) return std::nullopt;
  return kib * 1024;
}

std::optional<uint64_t> PeakOf(int pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    if (const std::optional<uint64_t> bytes = BytesOf(line, "VmHWM:")) return bytes;
  }
  return std::nullopt;
}

// The mappings that memshim has left out of core files: private ones that children find empty, and
// those of the ledger, be it a file or not yet.
bool IsOwn(absl::string_view head, absl::string_view flags_line) {
  const std::vector<absl::string_view> flags = absl::StrSplit(flags_line, ' ');
  if (!absl::c_linear_search(flags, "dd")) return false;
  return absl::c_linear_search(flags, "wf") || absl::StrContains(head, ".ledger") ||
         absl::StrContains(head, "/dev/zero (deleted)");
}

std::optional<uint64_t> OwnOf(int pid) {
  std::ifstream mappings(absl::StrCat("/proc/", pid, "/smaps"));
  std::string head;
  uint64_t resident = 0, own = 0;
  for (std::string line; std::getline(mappings, line);) {
    // "55d0-55d8 rw-s 0 08:01 12 /folder/name", then lines of names and figures, the flags last.
    if (!absl::ascii_isupper(static_cast<unsigned char>(line[0]))) {
      head = line;
    } else if (const std::optional<uint64_t> bytes = BytesOf(line, "Rss:")) {
      resident = *bytes;
    } else if (absl::StartsWith(line, "VmFlags:") && IsOwn(head, line)) {
      own += resident;
    }
  }
  return own == 0 ? std::nullopt : std::optional(own);
}

}  // namespace

void ReadResident(int pid, model::Profile* profile) {
  profile->peak_rss_bytes = PeakOf(pid);
  profile->own_rss_bytes = OwnOf(pid);
}

}  // namespace memshim::analyzer::finish
