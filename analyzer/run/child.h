// The program that memshim run has started.
#ifndef MEMSHIM_ANALYZER_RUN_CHILD_H_
#define MEMSHIM_ANALYZER_RUN_CHILD_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/run/run.h"
#include "analyzer/run/signals.h"

namespace memshim::analyzer::run {

using Environment = std::vector<std::string>;  // NAME=value

class Child {
 public:
  // Starts `words` as a shell would. `make_environment` runs in the child, which it is told the
  // pid of. Requires: this process has one thread.
  Child(const std::vector<std::string>& words, const Signals& signals,
        const std::function<Environment(int pid)>& make_environment);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int pid() const { return pid_; }
  // errno when the program could not be started, 0 when it was.
  int start_error() const { return start_error_; }

  // The exit status for memshim to end with, once the program has ended. Its pid stays its own
  // until this object goes: no later process can be mistaken for it.
  std::optional<int> ExitStatus() const;
  // The signal that has ended it; 0: none has, or it runs.
  int EndingSignal() const;

  // Collects what else has ended: orphans become ours where we are the first process of a
  // container.
  void CollectOthers() const;

 private:
  int pid_ = -1;
  int start_error_ = 0;
};

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_CHILD_H_
