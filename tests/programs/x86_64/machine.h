// What the programs under test need to say in the processor's own words: x86-64. An architecture is
// a folder with a file of this name; the build puts one of them on the include path.
#ifndef MEMSHIM_TESTS_PROGRAMS_X86_64_MACHINE_H_
#define MEMSHIM_TESTS_PROGRAMS_X86_64_MACHINE_H_

// An instruction that raises SIGILL, and how many bytes it has; one that raises SIGTRAP, and how
// many of it are left when it has.
#define INVALID_INSTRUCTION "ud2"
#define INVALID_BYTES 2
#define BREAKPOINT_INSTRUCTION "int3"
#define BREAKPOINT_BYTES_LEFT 0

// The address that a signal has interrupted, from the handler's ucontext_t.
#define INTERRUPTED_PC(context) ((context)->uc_mcontext.gregs[REG_RIP])

#define RETURN_INSTRUCTION "ret"

// The bare system call that fork is. Behind <sys/syscall.h>.
#define RAW_FORK() syscall(SYS_fork)

// Of a function that keeps vectors of 32 bytes.
#define WITH_WIDE_VECTORS [[gnu::target("avx")]]

// The body of name(function, argument): calls function(argument) in a frame that its frame pointer
// links.
#define CALL_WITH_FRAME_POINTER                                                                  \
  "  push %rbp\n  mov %rsp,%rbp\n  mov %rdi,%rax\n  mov %rsi,%rdi\n  call *%rax\n  pop %rbp\n  " \
  "ret\n"
// The body of name(function, number): calls function() with `number` in the frame pointer's
// register.
#define CALL_WITH_NUMBER "  push %rbp\n  mov %rsi, %rbp\n  call *%rdi\n  pop %rbp\n  ret\n"
// The body of name(bytes, number): the same with malloc(bytes).
#define MALLOC_WITH_NUMBER "  push %rbp\n  mov %rsi, %rbp\n  call malloc@plt\n  pop %rbp\n  ret\n"

// The same as CALL_WITH_FRAME_POINTER in bytes, for a function of no argument.
#define CALL_WITH_FRAME_POINTER_BYTES \
  { 0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3 }

#endif  // MEMSHIM_TESTS_PROGRAMS_X86_64_MACHINE_H_
