// See ancestry.h.
#include "shim/hooks/ancestry.h"

#include <cerrno>

#include "shim/hooks/process_stat.h"
#include "shim/ledger/format.h"
#include "system_calls.h"

namespace memshim::hooks {
namespace {

using base::IsError;
using base::Path;

constexpr int kMaxAncestors = 64;
constexpr unsigned kMaxImages = 1000;

// True when `path` is a ledger that the process itself began: one left by an earlier process of
// the same pid is older than this one. `is_unreadable` becomes true where it is another user's.
bool IsLedgerOf(const char* path, const ProcessStat& stat, bool* is_unreadable) {
  const long fd = base::SysOpen(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
  *is_unreadable |= fd == -EACCES;
  if (IsError(fd)) return false;
  ledger::Header header;
  struct stat info = {};
  base::SysFstat(static_cast<int>(fd), &info);
  const long size = base::SysRead(static_cast<int>(fd), &header, offsetof(ledger::Header, tables));
  base::SysClose(static_cast<int>(fd));
  return S_ISREG(info.st_mode) && info.st_uid == base::SysGeteuid() &&
         size == static_cast<long>(offsetof(ledger::Header, tables)) &&
         header.magic == ledger::kMagic && header.start_boottime_ns >= stat.start_ns;
}

// Looks for a ledger of the process in one of the folders where it may lie; `scratch` gets its
// path. Images whose files an earlier process of the same pid has left are passed over.
bool HasLedger(const Config& config, std::string_view output, int pid, const ProcessStat& stat,
               Path* prefix, Path* scratch, bool* is_unreadable) {
  const std::string_view folders[] = {config.dir.view(), base::FolderOf(output),
                                      config.runtime_dir.view(), config.temporary_dir.view()};
  for (const std::string_view folder : folders) {
    if (folder.empty()) continue;
    prefix->Clear();
    prefix->Append(folder).AppendChar('/').Append(base::NameOf(output));
    for (unsigned image = 0; image < kMaxImages; ++image) {
      LedgerPath(prefix->view(), pid, image, scratch);
      if (IsError(base::SysAccess(scratch->c_str(), 0))) break;
      if (IsLedgerOf(scratch->c_str(), stat, is_unreadable)) return true;
    }
  }
  return false;
}

}  // namespace

void LedgerPath(std::string_view output, int pid, unsigned image, Path* path) {
  path->Clear();
  path->Append(output).AppendChar('.').AppendNumber(static_cast<uint64_t>(pid));
  if (image != 0) path->AppendChar('.').AppendNumber(image);
  path->Append(".ledger");
}

bool FindRecordedAncestor(const Config& config, Path* output, bool* is_anothers) {
  *is_anothers = false;
  if (config.first_pid != 0) {  // also where ancestors are gone, as a daemon's
    ExpandOutput(config, config.first_pid, 0, output);
    return config.first_pid != base::SysGetpid();
  }
  int pid = base::SysGetppid();
  Path prefix, scratch;
  for (int i = 0; i < kMaxAncestors && pid > 1; ++i) {
    ProcessStat stat;
    if (!ReadStat(pid, &stat)) return false;
    ExpandOutput(config, pid, 0, output);
    if (HasLedger(config, output->view(), pid, stat, &prefix, &scratch, is_anothers)) return true;
    pid = stat.parent;
  }
  return false;
}

unsigned CountEarlierImages(const Config& config, int pid) {
  Path output, prefix, scratch;
  ProcessStat stat;
  unsigned image = 0;
  bool is_anothers = false;
  if (!ReadStat(pid, &stat)) return 0;
  for (; image < kMaxImages; ++image) {
    ExpandOutput(config, pid, image, &output);
    if (!HasLedger(config, output.view(), pid, stat, &prefix, &scratch, &is_anothers)) break;
  }
  return image;
}

bool IsParentPreloaded() {
  base::Text<64> path;
  path.Append("/proc/").AppendNumber(static_cast<uint64_t>(base::SysGetppid())).Append("/environ");
  const long fd = base::SysOpen(path.c_str(), O_RDONLY | O_CLOEXEC, 0);
  if (IsError(fd)) return false;
  // "LD_PRELOAD=" at the start of a variable, and the library's name somewhere behind it.
  constexpr std::string_view kVariable = "LD_PRELOAD=", kLibrary = "libmemshim";
  size_t in_variable = 0, in_library = 0;
  bool is_found = false;
  char bytes[4096] = {};
  long count = 0;
  while (!is_found && (count = base::SysRead(static_cast<int>(fd), bytes, sizeof(bytes))) > 0) {
    for (long i = 0; i < count && !is_found; ++i) {
      const char c = bytes[i];
      if (c == '\0') {
        in_variable = in_library = 0;
      } else if (in_variable < kVariable.size()) {
        // Past the end: of another variable.
        in_variable = c == kVariable[in_variable] ? in_variable + 1 : std::string_view::npos;
      } else if (in_variable == kVariable.size()) {
        in_library = c == kLibrary[in_library] ? in_library + 1 : c == kLibrary[0] ? 1 : 0;
        is_found = in_library == kLibrary.size();
      }
    }
  }
  base::SysClose(static_cast<int>(fd));
  return is_found;
}

}  // namespace memshim::hooks
