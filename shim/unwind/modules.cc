// See modules.h.
#include "shim/unwind/modules.h"

#include <cstring>

namespace memshim::unwind {

using ledger::Table;

bool ModuleTable::IsSame(ledger::Ledger& ledger, uint32_t id, const ModuleInfo& info) const {
  const ledger::Module& module = *ledger.Entry<ledger::Module>(Table::kModules, id);
  return module.start == info.start && module.end == info.end && module.bias == info.bias &&
         module.build_id_bytes == info.build_id_bytes &&
         memcmp(module.build_id, info.build_id, info.build_id_bytes) == 0;
}

uint32_t ModuleTable::Intern(ledger::Ledger& ledger, const ModuleInfo& info, const char* executable,
                             uint32_t generation) {
  const uint32_t count = ledger.Count(Table::kModules);
  if (last_ < count && IsSame(ledger, last_, info)) return last_;
  for (uint32_t id = 0; id < count; ++id) {
    if (IsSame(ledger, id, info)) {
      // An image without a build-id is another one when its path differs.
      const ledger::Module& module = *ledger.Entry<ledger::Module>(Table::kModules, id);
      const size_t bytes = strlen(info.path);
      const bool may_differ = info.build_id_bytes == 0 && info.path[0] == '/';
      if (may_differ &&
          (bytes != module.path_bytes ||
           memcmp(ledger.Entry<char>(Table::kStrings, module.path), info.path, bytes) != 0)) {
        continue;
      }
      last_ = id;
      return id;
    }
  }
  path_.Clear();
  const char* name = info.path[0] == '\0' ? executable : info.path;
  if (name[0] != '/' && strchr(name, '/') != nullptr) {
    if (base::SysGetcwd(directory_, sizeof(directory_)) > 0) path_.Append(directory_).Append("/");
  }
  path_.Append(name);
  const uint32_t text = ledger.AppendString(path_.c_str(), static_cast<uint32_t>(path_.size()));
  if (text == ledger::Ledger::kNoString || !ledger.Reserve(Table::kModules, 1)) {
    return ledger::kModuleUnknown;
  }
  ledger::Module& module = *ledger.Entry<ledger::Module>(Table::kModules, count);
  module.bias = info.bias;
  module.start = info.start;
  module.end = info.end;
  module.path = text;
  module.path_bytes = static_cast<uint32_t>(path_.size());
  module.generation = generation;
  module.build_id_bytes = info.build_id_bytes;
  memcpy(module.build_id, info.build_id, info.build_id_bytes);
  ledger.Publish(Table::kModules, count + 1);
  last_ = count;
  return count;
}

}  // namespace memshim::unwind
