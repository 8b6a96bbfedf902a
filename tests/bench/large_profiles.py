"""Profiles of any size for timing the reader: many points, deep stacks, long names.

Stacks grow as a random tree whose branches share their outer frames, as those of programs do; they are
about 25 frames deep. Names are as long as those of C++ templates. The layout is valgrind's or memshim's,
byte for byte as those write it."""
import random

LAYOUTS = ("valgrind", "memshim")
FRAMES = 60_000
CALLERS = 4_000  # frames that allocate
WORDS = ("std::vector", "std::__cxx11::basic_string<char>", "app::Session", "net::Connection", "util::Cache",
         "unsigned long", "std::pair", "boost::intrusive_ptr", "db::Row", "std::shared_ptr", "int", "ui::Widget")


def _name(rng):
    scopes = "::".join(rng.choice(("app", "detail", "net", "core", "Store", "Parser", "(anonymous namespace)"))
                       for _ in range(rng.randrange(1, 4)))
    arguments = ", ".join(rng.choice(WORDS) for _ in range(rng.randrange(0, 5)))
    parameters = ", ".join(rng.choice(WORDS) + " const&" for _ in range(rng.randrange(0, 4)))
    return f"{scopes}::{rng.choice(('read', 'insert', 'make', 'run'))}_{rng.randrange(5000)}<{arguments}>({parameters})"


def _frames(rng):
    yield "[root]"
    yield "0x0: malloc (in libmemshim.so)"
    for i in range(FRAMES - 2):
        place = f"file_{rng.randrange(900)}.cc:{rng.randrange(1, 3000)}" if i % 20 else "in /usr/lib/libapp.so.2"
        yield f"0x{0x555555554000 + 37 * i:X}: {_name(rng)} ({place})"


def _stacks(rng):
    """Endlessly (innermost first, as text): a node of a random tree and what is above it."""
    stacks = ["2"]
    while True:
        # A window of stacks to grow on keeps memory bounded; its size sets the depth.
        parent = stacks[rng.randrange(len(stacks) // 4, len(stacks))]
        stack = f"{rng.randrange(2, FRAMES)},{parent}" if parent.count(",") < 110 else "2"
        if len(stacks) < 200_000:
            stacks.append(stack)
        else:
            stacks[rng.randrange(len(stacks))] = stack
        yield f"1,{rng.randrange(2, CALLERS)},{stack}"


def _figures(rng):
    blocks = rng.randrange(1, 100_000)
    size = rng.randrange(1, 5000)
    live = blocks // 3
    return blocks, size, {"tb": blocks * size, "tbk": blocks, "tl": blocks * rng.randrange(1, 2_000_000),
                          "mb": live * size, "mbk": live, "gb": live * size, "gbk": live,
                          "eb": live // 2 * size, "ebk": live // 2}


def _valgrind_point(rng, stack):
    blocks, size, f = _figures(rng)
    accesses = ",".join(str(rng.randrange(100)) for _ in range(min(size, 16)))
    return (f'{{"tb":{f["tb"]},"tbk":{f["tbk"]},"tl":{f["tl"]}\n'
            f'  ,"mb":{f["mb"]},"mbk":{f["mbk"]}\n  ,"gb":{f["gb"]},"gbk":{f["gbk"]}\n'
            f'  ,"eb":{f["eb"]},"ebk":{f["ebk"]}\n  ,"rb":{blocks * 8},"wb":{blocks * 16}\n'
            f'  ,"acc":[{accesses}]\n  ,"fs":[{stack}]\n  }}\n')


def _memshim_point(rng, stack):
    blocks, size, f = _figures(rng)
    figures = ",".join(f'"{key}":{value}' for key, value in f.items())
    width = size.bit_length()
    lifetimes = ",".join(f"{b},{rng.randrange(1, 9999)}" for b in range(8, 8 + rng.randrange(1, 8)))
    moments = ",".join(str(rng.randrange(10**7)) for _ in range(rng.randrange(0, 12)))
    return (f'\n{{{figures},"temporaryBytes":{size * 3},"temporaryBlocks":3,"slackBytes":{blocks * 8},"threads":1,'
            f'"requestRange":[{1 << width},{4 << width}],"requestSizes":[{width},{blocks - 1},{width + 1},1],'
            f'"lifetimes":[{lifetimes}],"momentBytes":[{moments}],"fs":[{stack}]}}')


def write(path, layout, size):
    """Writes a profile of about `size` bytes to `path`."""
    rng = random.Random(1)
    frames = list(_frames(rng))
    # A twentieth too little or too much does not matter.
    room = size - sum(len(frame) + 8 for frame in frames)
    is_valgrind = layout == "valgrind"
    make_point = _valgrind_point if is_valgrind else _memshim_point
    seen = set()
    with open(path, "w") as file:
        if is_valgrind:
            file.write('{"dhatFileVersion":2\n,"mode":"heap","verb":"Allocated"\n,"bklt":true,"bkacc":true\n'
                       ',"tu":"instrs","Mtu":"Minstr"\n,"tuth":500\n,"cmd":"./app"\n,"pid":4711\n'
                       ',"te":9000000000\n,"tg":8000000000\n,"pps":\n [')
        else:
            file.write('{"dhatFileVersion":2,"mode":"heap","verb":"Allocated","bklt":true,"bkacc":false,"tu":"µs",'
                       '"Mtu":"s","tuth":10,"cmd":"./app","pid":4711,"te":60000000,"tg":50000000\n,"pps":[')
        for stack in _stacks(rng):
            if stack in seen:
                continue
            seen.add(stack)
            separator = "" if len(seen) == 1 else " ," if is_valgrind else ","
            room -= file.write(separator + make_point(rng, stack))
            if room < 0:
                break
        between, before = ("\n ,", " ]\n,\"ftbl\":\n [") if is_valgrind else (",\n", "]\n,\"ftbl\":[\n")
        file.write(before + between.join(f'"{frame}"' for frame in frames))
        if is_valgrind:
            file.write("\n ]\n}\n")
        else:
            modules = ",".join("0" for _ in frames)
            file.write(']\n,"memshim":{"schema":1,"version":"0.1.0","ending":"exit","exitStatus":0,"threads":1,'
                       '"startUnixMs":1,"modules":[["/usr/bin/app","00"]]\n,"lifetimeTickUs":0.41,"lateSince":1,'
                       f'"moments":[0,1,2,3,4,5,6,7,8,9,10,11]\n,"frameModules":[{modules}],"inlinedFrames":[]}}}}\n')
