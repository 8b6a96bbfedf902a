// Which process of a tree this one is, from the ledgers of its ancestors.
// Context: start. Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_HOOKS_ANCESTRY_H_
#define MEMSHIM_SHIM_HOOKS_ANCESTRY_H_

#include "shim/hooks/config.h"

namespace memshim::hooks {

// True when a live ancestor is recorded into the same output, or memshim run has started another
// process as the first; *output gets that one's output path, which names the folder for the ledgers
// of its descendants. *is_anothers: a ledger has an ancestor's name and is another user's, so that
// the same output may be an ancestor's, too.
bool FindRecordedAncestor(const Config& config, base::Path* output, bool* is_anothers);

// Whether the parent was started with memshim preloaded, as it, too, may have said what there was
// to say.
bool IsParentPreloaded();

// The programs that ran in this process before, by the ledgers they have left; only for an output
// pattern with %n, which gives each its own.
unsigned CountEarlierImages(const Config& config, int pid);

// "<output>.<pid>.ledger" for the first image of a process, "<output>.<pid>.<image>.ledger" for
// those that replaced it by exec.
void LedgerPath(std::string_view output, int pid, unsigned image, base::Path* path);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_ANCESTRY_H_
