// What memshim says to the user of the program, on descriptor 2.
// Context: hook, start, exit. Locks: none. Allocates: no. Signals: safe; none reaches the program,
// not when nobody reads what is said, and not when the file has reached its limit.
#ifndef MEMSHIM_SHIM_HOOKS_STANDARD_ERROR_H_
#define MEMSHIM_SHIM_HOOKS_STANDARD_ERROR_H_

#include <string_view>

struct iovec;

namespace memshim::hooks {

// Whole lines, each with its end. "" writes nothing: to a socket that would be a message.
void WriteLines(std::string_view lines);

// One line without its end.
void WriteLine(std::string_view line);

// One write of all pieces, if it can be had without waiting long: the platform's part of the above.
void WritePieces(const struct iovec* pieces, int count);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_STANDARD_ERROR_H_
