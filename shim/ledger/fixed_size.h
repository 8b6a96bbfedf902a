// The ledger's size where it cannot grow.
#ifndef MEMSHIM_SHIM_LEDGER_FIXED_SIZE_H_
#define MEMSHIM_SHIM_LEDGER_FIXED_SIZE_H_

#include <cstdint>

namespace memshim::ledger {

inline constexpr uint64_t kFixedBytes = uint64_t{64} << 20;

}  // namespace memshim::ledger

#endif  // MEMSHIM_SHIM_LEDGER_FIXED_SIZE_H_
