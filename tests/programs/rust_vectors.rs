// A Rust program: vectors, strings, maps, boxes, threads and reference counts, with Rust's own names
// in its stacks. Prints a checksum. With an argument it starts no threads.
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;

enum Tree {
    Leaf(String),
    Fork(Box<Tree>, Box<Tree>),
}

fn grow(depth: usize) -> Tree {
    if depth == 0 {
        return Tree::Leaf("leaf".repeat(10));
    }
    Tree::Fork(Box::new(grow(depth - 1)), Box::new(grow(depth - 1)))
}

fn measure(tree: &Tree) -> usize {
    match tree {
        Tree::Leaf(text) => text.len(),
        Tree::Fork(left, right) => measure(left) + measure(right),
    }
}

fn vectors() -> usize {
    let mut rows: Vec<Vec<u64>> = Vec::new();
    for i in 0..2000u64 {
        let mut row = Vec::new();
        for j in 0..(i % 40) {
            row.push(i * j);
        }
        rows.push(row);
    }
    rows.retain(|row| row.len() > 3);
    rows.iter().map(|row| row.len()).sum()
}

fn maps() -> usize {
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    let mut by_length: HashMap<usize, Vec<String>> = HashMap::new();
    let mut queue: VecDeque<Rc<String>> = VecDeque::new();
    for i in 0..1500usize {
        let name = format!("name-{}-{}", i, "z".repeat(i % 30));
        by_length.entry(name.len()).or_default().push(name.clone());
        queue.push_back(Rc::new(name.clone()));
        by_name.insert(name, i);
    }
    by_name.len() + by_length.values().map(Vec::len).sum::<usize>() + queue.len()
}

fn main() {
    let threads = if std::env::args().count() > 1 { 0 } else { 3 };
    let workers: Vec<_> = (0..threads).map(|_| std::thread::spawn(vectors)).collect();
    let sum: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    println!("rust {} {} {} {}", vectors(), maps(), measure(&grow(10)), sum);
    std::mem::forget(vec![7u8; 12345]); // alive at the end: one block of 12345 bytes
}
