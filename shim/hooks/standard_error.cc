// See standard_error.h.
#include "shim/hooks/standard_error.h"

#include <sys/uio.h>

namespace memshim::hooks {
namespace {

struct iovec PieceOf(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

}  // namespace

void WriteLines(std::string_view lines) {
  if (lines.empty()) return;
  const struct iovec piece = PieceOf(lines);
  WritePieces(&piece, 1);
}

void WriteLine(std::string_view line) {
  const struct iovec pieces[] = {PieceOf(line), PieceOf("\n")};
  WritePieces(pieces, 2);
}

}  // namespace memshim::hooks
