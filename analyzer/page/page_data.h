// A profile in the form that the page reads: what web/src/data/container.ts takes apart.
//
//   u32 length of the header, u32 0, header (JSON, padded by blanks to 8 bytes), columns
//
// The header names the columns: [name, "u32" or "f64", offset from the first column, entries], each
// at a multiple of 8 bytes, little-endian. The tree of stacks begins at the outermost frames: node
// 0 is the root, children of a node are nodes firstChild[n] to firstChild[n+1]-1, and of each node
// the frame is told.
// Points with the same stack of functions and the same call site are one; all sums are kept.
#ifndef MEMSHIM_ANALYZER_PAGE_PAGE_DATA_H_
#define MEMSHIM_ANALYZER_PAGE_PAGE_DATA_H_

#include <string>

#include "analyzer/page/page.h"

namespace memshim::analyzer::page {

std::string PageData(const PageProfile& profile);

}  // namespace memshim::analyzer::page

#endif  // MEMSHIM_ANALYZER_PAGE_PAGE_DATA_H_
