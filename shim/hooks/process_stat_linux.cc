// See process_stat.h.
#include <sys/auxv.h>

#include <cstring>

#include "shim/base/text.h"
#include "shim/hooks/process_stat.h"
#include "system_calls.h"

namespace memshim::hooks {

using base::IsError;

// Fields 4 and 22 of /proc/PID/stat (proc(5)); the name in field 2 may hold anything but the last
// closing parenthesis.
bool ReadStat(int pid, ProcessStat* result) {
  base::Text<64> path;
  path.Append("/proc/").AppendNumber(static_cast<uint64_t>(pid)).Append("/stat");
  char text[1024];
  const long fd = base::SysOpen(path.c_str(), O_RDONLY | O_CLOEXEC, 0);
  if (IsError(fd)) return false;
  const long size = base::SysRead(static_cast<int>(fd), text, sizeof(text));
  base::SysClose(static_cast<int>(fd));
  if (size <= 0) return false;
  std::string_view rest(text, static_cast<size_t>(size));
  const void* name_end = memrchr(text, ')', static_cast<size_t>(size));
  if (name_end == nullptr) return false;
  rest.remove_prefix(static_cast<size_t>(static_cast<const char*>(name_end) - text) + 1);
  uint64_t fields[23] = {};
  for (int field = 3; field <= 22 && !rest.empty(); ++field) {
    rest.remove_prefix(1);  // the space
    uint64_t value = 0;
    if (base::ConsumeNumber(&rest, &value)) fields[field] = value;
    while (!rest.empty() && rest[0] != ' ') rest.remove_prefix(1);
  }
  const uint64_t ticks_per_second = getauxval(AT_CLKTCK) == 0 ? 100 : getauxval(AT_CLKTCK);
  result->parent = static_cast<int>(fields[4]);
  result->start_ns = fields[22] * (1000000000u / ticks_per_second);
  return true;
}

}  // namespace memshim::hooks
