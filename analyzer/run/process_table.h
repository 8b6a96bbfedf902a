// What memshim run says of the processes at the end.
#ifndef MEMSHIM_ANALYZER_RUN_PROCESS_TABLE_H_
#define MEMSHIM_ANALYZER_RUN_PROCESS_TABLE_H_

#include <string>
#include <vector>

#include "analyzer/run/process_tree.h"

namespace memshim::analyzer::run {

// Lines of at most 100 columns but for the paths at their ends: a row for each of the largest
// processes, how many more there were, and the next command.
std::vector<std::string> ProcessTable(const ProcessTree& tree);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_PROCESS_TABLE_H_
