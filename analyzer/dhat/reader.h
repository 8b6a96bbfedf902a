// Reads a DHAT JSON file, version 2, into the model: valgrind's (heap, copy, ad-hoc), dhat-rs's
// (heap, ad-hoc) and memshim's own. Called by the commands; the only way in for such files.
// The input is not trusted: whatever is wrong with it gives one line that says what was expected,
// what was found and what to do.
#ifndef MEMSHIM_ANALYZER_DHAT_READER_H_
#define MEMSHIM_ANALYZER_DHAT_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::dhat {

// Keys may come in any order, unknown ones are skipped. Profile::frames[i] is entry i of the
// file's frame table. Points with equal stacks are an error, as in DHAT's viewer.
absl::StatusOr<model::Profile> ReadProfile(const std::string& path);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_READER_H_
