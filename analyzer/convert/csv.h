// Comma-separated values (RFC 4180): a row for each program point, the names of the columns first.
#ifndef MEMSHIM_ANALYZER_CONVERT_CSV_H_
#define MEMSHIM_ANALYZER_CONVERT_CSV_H_

#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

// A cell that a spreadsheet would take for a formula begins with an apostrophe instead.
void WriteCsv(const model::Profile& profile, dhat::ByteSink* sink);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_CSV_H_
