// The signals of memshim run: those that somebody sends to memshim go to the program; the end of
// the program is what it waits for. The program itself starts with everything as memshim found it.
//
// A signal from the terminal (Ctrl+C) reaches every process of the foreground group, the program
// too, so that it is not sent on: whether the program ends is its own decision.
#ifndef MEMSHIM_ANALYZER_RUN_SIGNALS_H_
#define MEMSHIM_ANALYZER_RUN_SIGNALS_H_

#include <signal.h>

#include "absl/time/time.h"

namespace memshim::analyzer::run {

class Signals {
 public:
  // From here on the signals wait for Wait(). One object at a time.
  Signals();
  // The signals that came too late are forgotten; later ones have their usual effect on memshim.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // In the forked child, before it becomes the program.
  void RestoreInChild() const;

  // Waits until a child has changed its state or the time is over, and passes on to `pid` what
  // comes meanwhile. May return early. True: there was a signal that is meant for the program.
  bool Wait(int pid, absl::Duration timeout);

 private:
  sigset_t waited_;
  sigset_t mask_before_;
  struct sigaction child_before_;
  struct sigaction pipe_before_;
  struct sigaction terminal_before_;
};

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_SIGNALS_H_
