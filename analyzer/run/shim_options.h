// What memshim run tells the shim: MEMSHIM_OPTIONS for the program that it starts.
#ifndef MEMSHIM_ANALYZER_RUN_SHIM_OPTIONS_H_
#define MEMSHIM_ANALYZER_RUN_SHIM_OPTIONS_H_

#include <string>

#include "analyzer/run/run.h"

namespace memshim::analyzer::run {

class ShimOptions {
 public:
  // Those of the environment, and behind them those of the command line. `executable`: of the
  // program.
  ShimOptions(const RunOptions& options, std::string executable);

  // What is wrong with them, in one line for the user; "" when nothing is.
  const std::string& problem() const { return problem_; }
  // Another memshim run records us and all that we start.
  bool is_nested() const { return is_nested_; }
  // The profile of a process.
  std::string OutputOf(int pid) const;
  // For the first process of a tree. The output is fixed here, so that all processes of the tree
  // and we mean the same file wherever they are and whatever they are called.
  std::string TextFor(int pid) const;
  bool HasOption(const std::string& key) const;
  // Where ledgers are to go (dir=); "" where nobody has said so.
  std::string LedgerFolder() const;

 private:
  std::string text_;  // without what is known of the process alone
  std::string pattern_;
  std::string start_directory_;
  std::string executable_;
  std::string problem_;
  bool is_nested_;
};

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_SHIM_OPTIONS_H_
