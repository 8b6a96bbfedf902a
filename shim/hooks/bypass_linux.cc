// See bypass.h.
#include "shim/base/elf_lookup.h"
#include "shim/hooks/bypass.h"

namespace memshim::hooks {
namespace {

// Entry points of allocators that do not come by ours; libstdc++'s operator new does.
constexpr struct {
  const char* symbol;
  const char* name;
} kOtherEntries[] = {
    {"_Znwm", "operator new"},  {"mallocx", "mallocx"},     {"rallocx", "rallocx"},
    {"dallocx", "dallocx"},     {"sdallocx", "sdallocx"},   {"xallocx", "xallocx"},
    {"mi_malloc", "mi_malloc"}, {"tc_malloc", "tc_malloc"},
};

void Note(const char* name, const struct link_map* owner, Config* config) {
  config->bypass.Append(name).Append(" in ");
  config->bypass.Append(owner->l_name[0] == '\0' ? config->executable.view() : owner->l_name);
}

}  // namespace

void NoteBypass(Config* config) {
  const struct link_map* owner = nullptr;
  // One that comes before ours in the program's scope never lets us see anything.
  if (base::FindFirst("malloc", &owner) != nullptr && owner != base::OwnObject()) {
    return Note("malloc", owner, config);
  }
  for (const auto& entry : kOtherEntries) {
    if (base::FindFirst(entry.symbol, &owner) == nullptr) continue;
    if (base::IsDefinedIn(owner, "malloc") && base::IsImported(entry.symbol)) {
      return Note(entry.name, owner, config);
    }
  }
}

}  // namespace memshim::hooks
