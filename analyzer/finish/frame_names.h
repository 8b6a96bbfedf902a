// Names for the frames of a ledger, as entries of a profile's frame table.
#ifndef MEMSHIM_ANALYZER_FINISH_FRAME_NAMES_H_
#define MEMSHIM_ANALYZER_FINISH_FRAME_NAMES_H_

#include <cstdint>
#include <vector>

#include "analyzer/ledger/contents.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::finish {

// Appends to profile->frames what the ledger's frames are called and to profile->notes what
// could not be named. Result: for each ledger frame its entries, innermost inlined function
// first; empty for frames that `is_used` leaves out.
std::vector<std::vector<uint32_t>> NameFrames(const ledger::Contents& contents,
                                              const std::vector<bool>& is_used,
                                              model::Profile* profile);

// The entry for an allocation function, appended to profile->frames.
uint32_t AddAllocationFunction(ledger::format::AllocationFunction function,
                               model::Profile* profile);

}  // namespace memshim::analyzer::finish

#endif  // MEMSHIM_ANALYZER_FINISH_FRAME_NAMES_H_
