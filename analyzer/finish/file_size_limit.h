// The limit on the size of files (ulimit -f), for processes that write profiles.
#ifndef MEMSHIM_ANALYZER_FINISH_FILE_SIZE_LIMIT_H_
#define MEMSHIM_ANALYZER_FINISH_FILE_SIZE_LIMIT_H_

namespace memshim::analyzer::finish {

// The program's limit on its files is not one on its profile, as far as we may lift it; beyond
// that a write shall fail, not kill.
void LiftFileSizeLimit();

}  // namespace memshim::analyzer::finish

#endif  // MEMSHIM_ANALYZER_FINISH_FILE_SIZE_LIMIT_H_
