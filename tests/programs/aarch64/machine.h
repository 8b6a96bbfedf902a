// What the programs under test need to say in the processor's own words: 64-bit ARM. An
// architecture is a folder with a file of this name; the build puts one of them on the include
// path.
#ifndef MEMSHIM_TESTS_PROGRAMS_AARCH64_MACHINE_H_
#define MEMSHIM_TESTS_PROGRAMS_AARCH64_MACHINE_H_

// An instruction that raises SIGILL, and how many bytes it has; one that raises SIGTRAP, and how
// many of it are left when it has.
#define INVALID_INSTRUCTION "udf #0"
#define INVALID_BYTES 4
#define BREAKPOINT_INSTRUCTION "brk #0"
#define BREAKPOINT_BYTES_LEFT 4

// The address that a signal has interrupted, from the handler's ucontext_t.
#define INTERRUPTED_PC(context) ((context)->uc_mcontext.pc)

#define RETURN_INSTRUCTION "ret"

// The bare system call that fork is: that processor has clone alone. Behind <sys/syscall.h>.
#define RAW_FORK() syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)

// Of a function that keeps vectors of 32 bytes: in two registers, or in memory.
#define WITH_WIDE_VECTORS

// The body of name(function, argument): calls function(argument) in a frame that its frame pointer
// links.
#define CALL_WITH_FRAME_POINTER                                                        \
  "  stp x29, x30, [sp, #-16]!\n  mov x29, sp\n  mov x9, x0\n  mov x0, x1\n  blr x9\n" \
  "  ldp x29, x30, [sp], #16\n  ret\n"
// The body of name(function, number): calls function() with `number` in the frame pointer's
// register.
#define CALL_WITH_NUMBER \
  "  stp x29, x30, [sp, #-16]!\n  mov x29, x1\n  blr x0\n  ldp x29, x30, [sp], #16\n  ret\n"
// The body of name(bytes, number): the same with malloc(bytes).
#define MALLOC_WITH_NUMBER \
  "  stp x29, x30, [sp, #-16]!\n  mov x29, x1\n  bl malloc\n  ldp x29, x30, [sp], #16\n  ret\n"

// The same as CALL_WITH_FRAME_POINTER in bytes, for a function of no argument:
// stp x29, x30, [sp, #-16]!; mov x29, sp; blr x0; ldp x29, x30, [sp], #16; ret
#define CALL_WITH_FRAME_POINTER_BYTES                                                         \
  {                                                                                           \
    0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91, 0x00, 0x00, 0x3f, 0xd6, 0xfd, 0x7b, 0xc1, \
        0xa8, 0xc0, 0x03, 0x5f, 0xd6                                                          \
  }

#endif  // MEMSHIM_TESTS_PROGRAMS_AARCH64_MACHINE_H_
