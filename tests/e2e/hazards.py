"""The programs that heap profilers break, hang, kill or misreport, with their truth: the rows of the
matrix of docs/reliability.md, and others. tests/programs/hazards has the programs that are not older."""
from hazard_tools import Figures, Hazard, freed, kept

ALLOCATORS = {name: f"/usr/lib/x86_64-linux-gnu/{file}" for name, file in (
    ("jemalloc", "libjemalloc.so.2"), ("tcmalloc", "libtcmalloc_minimal.so.4"), ("mimalloc", "libmimalloc.so.2"),
    ("libc_malloc_debug", "libc_malloc_debug.so.0"))}
ENDED = {"Kept": kept(1000, 111), "Freed": freed(2000, 77)}
CPP = {"Plain": Figures(500, 2000, 100, 400), "Array": freed(500, 33), "NoThrow": freed(500, 8),
       "Aligned": Figures(500, None, 0, 0), "ByMalloc": freed(1000, 20)}


MALLOCX = {"makes": freed(100, 40), "resizes": Figures(30, 10 * (100 + 3000 + 3050), 0, 0)}
CPP_THROWS = {"Reserve": freed(1, 1000), "ByHandler": kept(1, 2000), "Afterwards": kept(100, 70),
              "ByLibrary": kept(100, 19)}


# 100 blocks of 1,000 bytes kept, 5,000 of 77 freed, from compiled code.
LUA = ('local ffi = require("ffi"); ffi.cdef[[void* malloc(size_t); void free(void*);]]; local kept = {}; '
       'for i = 1, 100 do kept[i] = ffi.C.malloc(1000) end; for i = 1, 5000 do ffi.C.free(ffi.C.malloc(77)) end; '
       'print(#kept)')


def hazard(row, name, what, command, truth=None, **more):
    return Hazard(row, name, what, tuple(command.split("~")), truth or {}, **more)


def endings():
    yield hazard("1", "end_normal", "a C program that returns", "{p}/endings~return", ENDED, status=3,
                 total=3000)
    for how, status, killed in (("_exit", 5, False), ("quick_exit", 6, False), ("abort", -6, True),
                                ("sigterm", -15, True), ("sigint", -2, True), ("sigsegv", -11, True),
                                ("sigkill", -9, True), ("exit_group", 7, True)):
        yield hazard("2", f"end_{how}", f"ends by {how}", "{p}/endings~" + how, ENDED, status=status,
                     total=3000, needs_report=killed)
    yield hazard("3", "wait_kill", "`kill -9` from outside", "{p}/endings~wait", ENDED, status=-9, needs_report=True,
                 kills_it=True)


def processes():
    yield hazard("4", "wrapper", "started by a shell script", "/bin/sh~-c~{p}/endings return; exit $?",
                 children=ENDED, status=3)
    yield hazard("4", "wrapper_exec", "started by a shell script's `exec`", "/bin/sh~-c~exec {p}/endings return",
                 ENDED, status=3)
    yield hazard("5", "fork_mt", "4 threads allocate, main and a thread fork, the child starts a thread", "{h}/fork_mt",
                 {"by_main": kept(1000, 64), "child_thread": kept(0, 0), "grandchild": kept(0, 0)},
                 children={"child_thread": kept(12 * 1500, 48), "grandchild": kept(12 * 1200, 49)})
    yield hazard("6", "rawfork", "children by raw `clone` and `fork` calls", "{h}/rawfork",
                 {"parent_blocks": kept(1000, 100), "child_blocks": kept(0, 0)},
                 children={"child_blocks": kept(6000, 40), "grandchild_blocks": kept(4500, 30)})
    yield hazard("7", "closefds", "closes all descriptors, opens its own files", "{h}/closefds",
                 {"before": kept(1000, 100), "after": freed(5000, 50)})
    yield hazard("", "daemon", "a daemon: other session, root, user; no descriptors", "{h}/daemon",
                 children={"daemon_work": kept(3000, 70)})


def loading():
    for row, name, program in (("8", "dlrunpath", "host"), ("8", "hostmain", "hostmain")):
        yield hazard(row, name, "`dlopen` of a name that the caller's RUNPATH finds", "{h}/" + program,
                     {"allocate_in_a": freed(30, 321)})
    yield hazard("9", "dltls", "2 threads load and unload, 2 allocate", "{h}/dltls~{h}/tls_plugin.so",
                 {"in_tls_plugin": freed(600, 200), "busy": freed(200000, 32)})
    yield hazard("10", "dlclose_reuse", "another plugin where one was", "{p}/plugins~{p}/plugin_a.so~{p}/plugin_b.so",
                 {"allocate_in_a": freed(30, 321), "allocate_in_b": freed(30, 123)})
    yield hazard("25", "dltls1", "a plugin with thread-local data loaded, used, unloaded",
                 "{h}/dltls1~{h}/tls_plugin.so",
                 {"in_tls_plugin": freed(20, 200), "afterwards": kept(1100, 64)})
    yield hazard("", "deepbind", "a plugin bound to libc's own malloc", "{h}/deepbind~{h}/deep_plugin.so",
                 {"by_program": freed(30, 80)})
    yield hazard("", "dlmopen", "a plugin in a namespace of its own", "{h}/deepbind~{h}/deep_plugin.so~namespace",
                 {"by_program": freed(20, 80)})
    yield hazard("", "runtime_goes", "a plugin's C++ runtime that goes and comes, and `libmemshim_cxx.so`",
                 "{h}/runtime_goes~{h}/cxx_runtime.so", {"use_new": freed(300, 77)}, behind="{s}/libmemshim_cxx.so", lost=0)
    yield hazard("", "late_dlclose", "dlclose of a library that comes later than memshim", "{h}/late_dlclose",
                 {"afterwards": kept(1000, 35)})
    yield hazard("", "ifunc", "a library that allocates before the preload is relocated", "{h}/ifunc",
                 {"afterwards": kept(1000, 36)})
    yield hazard("", "many_objects", "100 constructors and destructors that allocate", "{h}/many_objects",
                 {"construct": kept(100, 26), "destroy": kept(100, 27), "at_end": kept(100, 28)})


def threads():
    yield hazard("11, 12", "throwmain", "20,000 throws, `pthread_exit`, `pthread_cancel` through C++ frames, no libgcc_s",
                 "{p}/c_main~{p}/throws.so", least_blocks=10000)
    yield hazard("13", "cancelpt", "a cancelled thread that only allocates", "{h}/cancelpt",
                 {"only_allocates": freed(30000, 40)})
    yield hazard("14", "sigs", "malloc in a SIGALRM handler", "{h}/sigs", may_lose=True)
    for size in ("8192", "6144"):
        yield hazard("15", f"altstack_{size}", f"the same on an alternate stack of {size} bytes", "{h}/altstack~" + size,
                     {"on_small_stack": freed(200, 80)})
    yield hazard("16", "unshare1", "`unshare(CLONE_NEWUSER)`", "{h}/unshare1", {"around": kept(1000, 20)})
    yield hazard("17", "mainpexit", "main leaves by `pthread_exit`, a worker goes on", "{h}/mainpexit",
                 {"worker": kept(1000, 70)})
    moved = 4 * 4000
    yield hazard("18", "realloc_race", "4 threads resize blocks that move", "{h}/realloc_race",
                 {"resizes": Figures(moved * 11, moved * (24 + 40 * 1023), 0, 0)})
    yield hazard("19", "dtormain", "a library's static vector, freed by its destructor", "{h}/dtormain",
                 {"fill_library": Figures(1011, None, 0, 0)})
    for how in ("together", "other", "_exit", "handler", "fork"):
        yield hazard("", f"exit_{how}", f"ends while others work ({how})", "{h}/exit_threads~" + how,
                     {"work": kept(8000 if how in ("together", "other", "_exit") else 1000, 40)}, status=3,
                     needs_report=how == "together")
    yield hazard("", "jumps", "a handler that leaves by siglongjmp", "{h}/jumps",
                 {"before": kept(1000, 300), "after": kept(1000, 300)})
    yield hazard("", "autodisarm", "malloc in a handler on a stack that the kernel does not tell of", "{h}/autodisarm",
                 least_blocks=400000)
    yield hazard("", "realtime", "two real-time threads on one processor", "{h}/realtime",
                 {"high": freed(40000, 45), "low": freed(40000, 46)})
    yield hazard("", "overflow", "20 stack overflows, caught", "{h}/overflow",
                 {"on_overflow": kept(20, 33), "afterwards": kept(1000, 34)}, may_lose=True)


def allocators():
    one = {f: kept(1, n) for f, n in (("f_malloc", 101), ("f_calloc", 204), ("f_memalign", 103),
                                      ("f_aligned_alloc", 128), ("f_posix_memalign", 105), ("f_valloc", 106),
                                      ("f_reallocarray", 321), ("f_realloc_fail", 109), ("f_pvalloc", 111))}
    yield hazard("20", "memfns", "each function of the family", "{h}/memfns",
                 one | {"f_realloc0": freed(1, 108), "f_zero": kept(1, 1), "f_overflow": kept(0, 0),
                        "f_keeps_errno": freed(1000, 110)})
    for name in ("jemalloc", "tcmalloc", "mimalloc"):
        yield hazard("21", f"cppnew_{name}", f"C++ with {name}", "{h}/cppnew", CPP, behind=ALLOCATORS[name],
                     options="quiet=0", said=f"The program uses the operator new in {ALLOCATORS[name]}")
        seen = "{s}/libmemshim_cxx.so " + ALLOCATORS[name]
        yield hazard("21", f"cppnew_{name}_seen", f"C++ with {name} and `libmemshim_cxx.so`", "{h}/cppnew", CPP,
                     behind=seen, lost=0)
        if name != "mimalloc":  # which ends a program that has no memory
            yield hazard("21", f"cppnew_{name}_throws", f"requests that {name} cannot meet, a handler of those",
                         "{h}/cppnew~throws", CPP | CPP_THROWS, behind=seen, lost=0)
        yield hazard("21", f"cppnew_linked_{name}", f"C++ linked with {name}", f"{{h}}/cppnew_{name}", CPP,
                     behind="{s}/libmemshim_cxx.so", lost=0)
    yield hazard("", "cppnew", "C++ with libstdc++ alone", "{h}/cppnew", CPP, lost=0)
    yield hazard("", "cppnew_needless", "C++ with libstdc++ and `libmemshim_cxx.so`", "{h}/cppnew~throws",
                 CPP | CPP_THROWS, behind="{s}/libmemshim_cxx.so", lost=0)
    for name, path in ALLOCATORS.items():
        yield hazard("", f"gran_{name}", f"4,096 tiny blocks of {name}", "{h}/gran", {"tiny": freed(4096, 4.5)},
                     behind=path)
    yield hazard("22", "end_static", "a static program", "{p}/static_program", said="statically linked")
    yield hazard("22", "end_jestatic", "an allocator inside the executable", "{p}/own_malloc", options="quiet=0",
                 said="The program uses the malloc in")
    yield hazard("", "calls_back", "an allocator that calls the program back, which uses operator new", "{h}/calls_back",
                 {"on_malloc": freed(100, 24), "outer": Figures(200, 100 * 64, 100, 4000)},
                 behind="{s}/libmemshim_cxx.so", lost=0)
    yield hazard("", "libc_malloc", "calls `__libc_malloc`", "{h}/libc_malloc", {"seen": kept(50, 24)},
                 lost=100)
    yield hazard("", "mallocx", "jemalloc's own interface", "{h}/mallocx", behind=ALLOCATORS["jemalloc"], options="quiet=0",
                 said="The program uses the mallocx in")
    yield hazard("", "mallocx_seen", "the same with `libmemshim_jemalloc.so`", "{h}/mallocx", MALLOCX, lost=0,
                 behind="{s}/libmemshim_jemalloc.so " + ALLOCATORS["jemalloc"])
    yield hazard("", "pools", "a program that tells heaptrack of its own pools", "{h}/pools",
                 {"make_pool": kept(1, 1 << 16), "from_pool": Figures(2100, 2000 * 8 + 100 * 24, 10, 80)}, lost=3)
    yield hazard("", "second", "another allocator's preload before memshim's", "{p}/endings~return", status=3,
                 before=ALLOCATORS["jemalloc"], options="quiet=0", said="The program uses the malloc in")


def surroundings():
    yield hazard("23", "no_reader", "nobody reads what is said", "{p}/endings~return", ENDED, status=3,
                 options="bogus=1:quiet=0", has_reader=False)
    yield hazard("24", "ulimit_f", "`ulimit -f 1`", "/bin/sh~-c~ulimit -f 1; exec {p}/endings return", ENDED, status=3,
                 said="a profile is made only if the program ends by itself")
    yield hazard("26", "stacks", "coroutines of 8 and 32 KiB, a thread of PTHREAD_STACK_MIN", "{h}/stacks",
                 {"in_coroutine": freed(400, 60), "in_small_thread": freed(200, 61)})
    yield hazard("", "unmapped_stack", "a number that points into a stack that was unmapped", "{h}/unmapped_stack",
                 {"on_upper": freed(20, 45), "make_ten": freed(40, 46), "malloc_before": kept(1, 47),
                  "malloc_after": kept(1, 48)})
    yield hazard("26", "t64", "64 threads that free each other's blocks", "{h}/t64", {"makes": freed(64000, 90)})
    yield hazard("26", "tlsdtor", "200 threads, four rounds of destructors", "{h}/tlsdtor",
                 {"in_thread": freed(2000, 50), "in_destructor": freed(1600, 51)})
    yield hazard("26", "spawny", "vfork, posix_spawn, popen, system", "{h}/spawny",
                 {"in_vfork_child": kept(20, 30), "afterwards": kept(1000, 31)})
    yield hazard("26", "python", "python3", "/usr/bin/python3~-c~print(sum(len(str(i)) for i in range(9999)))",
                 least_blocks=1000)
    yield hazard("26", "luajit", "LuaJIT, which allocates by its foreign functions", "luajit~-e~" + LUA, least_blocks=5100)
    yield hazard("26", "node", "node", "node~-e~console.log([1, 2, 3].map(x => x * 2).join())", least_blocks=1000)
    yield hazard("", "mlk", "mlockall of everything to come", "{h}/mlk", {"locked_blocks": kept(20000, 100)})
    yield hazard("", "deep", "recursion 20,000 deep", "{h}/deep", {"level": kept(20000, 25)})
    yield hazard("", "sandboxed", "a seccomp filter", "{p}/sandboxed", {"allocate": freed(5000, 100)}, status=5,
                 needs_report=True)

    yield hazard("", "strict", "the sandbox that allows no system call", "{h}/strict",
                 {"before": kept(1000, 300), "after": kept(0, 0)}, needs_report=True, lost=1)
    yield hazard("", "strict_child", "a forked child that enters it first", "{h}/strict_child",
                 {"before": kept(1000, 300)})
    yield hazard("", "strict_refused", "sandboxes that the kernel refuses", "{h}/filtered~{h}/strict_refused",
                 {"before": kept(1000, 300), "after": kept(2000, 301)}, lost=0)
    yield hazard("", "max_maps", "as many mappings as the kernel allows", "{h}/max_maps", may_lose=True,
                 truth={"much": kept(200000, 100)})
    for side in ("before", "behind"):
        yield hazard("", f"foreign_{side}", f"a preload that stands in for much, {side} memshim's", "{p}/endings~return",
                     ENDED | {"foreign_start": freed(10000, 45)}, status=3, **{side: "{h}/foreign.so"})
    yield hazard("", "sigchld", "a program that tells of its children", "{h}/sigchld", {"childless": kept(1000, 65)})
    yield hazard("", "audit", "an audit library", "{p}/endings~return", ENDED, status=3, audit="{h}/audit.so")
    yield hazard("", "odd_arguments", "arguments that are no text", '{p}/endings~return~\n"\\~\udcff', ENDED, status=3)
    yield hazard("", "pid_1", "the first process of a pid namespace", "/usr/bin/unshare~-Urpf~--mount-proc~{p}/endings~return",
                 ENDED, status=3)
    yield hazard("", "no_proc", "no /proc", "/usr/bin/unshare~-Urm~/bin/sh~-c~mount -t tmpfs none /proc; exec {p}/endings return",
                 ENDED, status=3)
    yield hazard("", "read_only", "a read-only folder", "/usr/bin/unshare~-Urm~/bin/sh~-c~mount --bind . . && "
                 "mount -o remount,bind,ro . && cd \"$PWD\" && exec {p}/endings return", ENDED, status=3,
                 said="no ledger can be made in")
    for preload in ("stdbuf~-oL", "fakeroot"):
        name = preload.partition("~")[0]
        yield hazard("", name, f"started by {name}, which preloads its own library", preload + "~{p}/endings~return",
                     status=3, **({"truth": ENDED, "total": 3000} if name == "stdbuf" else {"children": ENDED}))
    yield hazard("", "ulimit_v", "little address space", "/bin/sh~-c~ulimit -v 60000; exec {p}/endings return", ENDED, status=3)
    yield hazard("", "ulimit_n", "one descriptor to spare", "/bin/sh~-c~ulimit -n 4; exec {p}/endings return", ENDED,
                 status=3)
    yield hazard("", "short_ones", "100 short processes", "/bin/sh~-c~for i in 0 1 2 3 4 5 6 7 8 9; do "
                 "for j in 0 1 2 3 4 5 6 7 8 9; do /bin/echo $i$j; done; done; exit 4", status=4)
    yield hazard("", "container", "started under a seccomp filter", "{h}/filtered~{p}/endings~return", ENDED, status=3)


HAZARDS = [one for group in (endings, processes, loading, threads, allocators, surroundings) for one in group()]
