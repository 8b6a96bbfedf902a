// Rust calls with known chains of functions, for tests/unit/symbolize_chains_test.cc, in the
// notation of chains.cc. Rust has no return address to ask for, so each site prints its own address
// instead of that of a call.
//
// SITE 1: Square as chains::Shape>::area@area < measure@measure
// SITE 2: scaled@scaled < measure_scaled@measure_scaled
// SITE 3: closure@closure < measure_closure@measure_closure
// SITE 4: weight@weight < measure_kind@measure_kind
// SITE 5: chains::plain@plain

use std::arch::asm;

#[cfg(target_arch = "x86_64")]
macro_rules! next_instruction {
    ($address:ident) => { asm!("lea {0}, [rip]", "nop", out(reg) $address) };
}
#[cfg(target_arch = "aarch64")]
macro_rules! next_instruction {
    ($address:ident) => { asm!("adr {0}, .", out(reg) $address) };
}

macro_rules! probe {
    ($site:expr) => {{
        let address: usize;
        unsafe { next_instruction!(address) };
        print_site($site, address);
        $site
    }};
}

#[inline(never)]
fn print_site(site: u64, address: usize) {
    println!("{} {:x}", site, address - load_bias());
}

fn load_bias() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    usize::from_str_radix(maps.split('-').next().unwrap(), 16).unwrap()
}

trait Shape {
    fn area(&self) -> u64;
}

struct Square {
    side: u64,
}

impl Shape for Square {
    #[inline(always)]
    fn area(&self) -> u64 {
        self.side * probe!(1) // @area
    }
}

impl Square {
    #[inline(always)]
    fn scaled(&self, by: u64) -> u64 {
        self.side * by + probe!(2) // @scaled
    }
}

enum Kind {
    Light,
    Heavy(u64),
}

impl Kind {
    #[inline(always)]
    fn weight(&self) -> u64 {
        let base = probe!(4); // @weight
        match self {
            Kind::Light => base,
            Kind::Heavy(more) => base + more,
        }
    }
}

#[inline(never)]
fn measure(square: &Square) -> u64 {
    square.area() + 1 // @measure
}

#[inline(never)]
fn measure_scaled(square: &Square) -> u64 {
    square.scaled(3) + 1 // @measure_scaled
}

#[inline(never)]
fn measure_closure(x: u64) -> u64 {
    let closure = |y: u64| y + x + probe!(3); // @closure
    closure(x) + 1 // @measure_closure
}

#[inline(never)]
fn measure_kind(kind: &Kind) -> u64 {
    kind.weight() + 1 // @measure_kind
}

#[inline(never)]
fn plain() -> u64 {
    probe!(5) + 1 // @plain
}

fn main() {
    let square = Square { side: std::env::args().count() as u64 };
    let kind = if square.side > 9 { Kind::Light } else { Kind::Heavy(square.side) };
    let sum = measure(&square)
        + measure_scaled(&square)
        + measure_closure(square.side)
        + measure_kind(&kind)
        + plain();
    std::process::exit((sum == 0) as i32);
}
