// See probe_page.h.
#include <mach/mach.h>
#include <pthread.h>

#include "shim/base/memory.h"
#include "shim/unwind/probe_page.h"

extern "C" kern_return_t mach_vm_read_overwrite(vm_map_read_t task, mach_vm_address_t from,
                                                mach_vm_size_t bytes, mach_vm_address_t to,
                                                mach_vm_size_t* read);

namespace memshim::unwind {
namespace {

// The thread's own stack is there from its lowest address on, though most of it was never touched.
bool IsInOwnStack(uint64_t page) {
  const pthread_t self = pthread_self();
  const uint64_t end = reinterpret_cast<uint64_t>(pthread_get_stackaddr_np(self));
  return page < end && end - page <= pthread_get_stacksize_np(self);
}

}  // namespace

// Other stacks (coroutines', those of signal handlers) and guesses: the kernel reads a word on our
// behalf, or says that it cannot.
bool ProbePage(uint64_t page) {
  if (IsInOwnStack(page)) return true;
  uint64_t word = 0;
  mach_vm_size_t read = 0;
  return mach_vm_read_overwrite(mach_task_self(), page, sizeof(word),
                                reinterpret_cast<mach_vm_address_t>(&word),
                                &read) == KERN_SUCCESS &&
         read == sizeof(word);
}

}  // namespace memshim::unwind
