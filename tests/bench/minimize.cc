// Logic minimization, for the benchmark: a program that does little but allocate. Makes sums of
// products smaller: each cube (product of literals) is freed of the literals it can do without, and
// left out where the others cover it. Whether they do is a question of tautology, answered by
// recursion over the variables; each step makes a new list of cubes.
//
//   minimize FUNCTIONS
//
// Prints how many cubes there were and are.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <forward_list>
#include <iterator>

namespace {

constexpr int kVariables = 10, kCubes = 48;

// A bit for each variable: where it may be 0, and where it may be 1. Both: the cube does not ask.
struct Cube {
  uint32_t zeros, ones;

  bool Asks(int variable) const { return ((zeros & ones) >> variable & 1) == 0; }
  Cube Without(int variable) const { return {zeros | 1u << variable, ones | 1u << variable}; }
};
using Cover = std::forward_list<Cube>;

constexpr uint32_t kAll = (1u << kVariables) - 1;

uint64_t Next(uint64_t* random) {
  *random ^= *random << 13;
  *random ^= *random >> 7;
  *random ^= *random << 17;
  return *random;
}

// What is left of the cover where `variable` has this value.
Cover Cofactor(const Cover& cover, int variable, bool value) {
  Cover rest;
  for (const Cube& cube : cover) {
    if (((value ? cube.ones : cube.zeros) >> variable & 1) != 0) {
      rest.push_front(cube.Without(variable));
    }
  }
  return rest;
}

bool IsTautology(const Cover& cover) {
  int variable = kVariables;
  for (const Cube& cube : cover) {
    if ((cube.zeros & cube.ones) == kAll) return true;
    while (--variable >= 0 && !cube.Asks(variable)) {
    }
    if (variable >= 0) break;
  }
  if (cover.empty()) return false;
  return IsTautology(Cofactor(cover, variable, false)) &&
         IsTautology(Cofactor(cover, variable, true));
}

// Whether the cover is true wherever the cube is.
bool Covers(const Cover& cover, const Cube& cube) {
  Cover inside;
  for (const Cube& other : cover) {
    const Cube both = {cube.zeros & other.zeros, cube.ones & other.ones};
    if ((both.zeros | both.ones) != kAll) continue;  // nowhere true together
    const uint32_t asked = ~(cube.zeros & cube.ones) & kAll;
    inside.push_front({other.zeros | asked, other.ones | asked});
  }
  return IsTautology(inside);
}

void Minimize(Cover* cover) {
  for (Cube& cube : *cover) {
    for (int variable = 0; variable < kVariables; ++variable) {
      if (cube.Asks(variable) && Covers(*cover, cube.Without(variable))) {
        cube = cube.Without(variable);
      }
    }
  }
  for (auto before = cover->before_begin(); std::next(before) != cover->end();) {
    const Cube cube = *std::next(before);
    cover->erase_after(before);
    if (!Covers(*cover, cube)) before = cover->insert_after(before, cube);
  }
}

// Each variable is asked for in two cubes of three.
Cover RandomCover(uint64_t* random) {
  Cover cover;
  for (int i = 0; i < kCubes; ++i) {
    Cube cube = {kAll, kAll};
    for (int variable = 0; variable < kVariables; ++variable) {
      const uint64_t choice = Next(random) >> 20;
      if (choice % 3 == 0) continue;
      (choice & 64 ? cube.zeros : cube.ones) &= ~(1u << variable);
    }
    cover.push_front(cube);
  }
  return cover;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  uint64_t random = 0x9e3779b97f4a7c15;
  long cubes = 0, left = 0;
  for (int i = 0; i < atoi(argv[1]); ++i) {
    Cover cover = RandomCover(&random);
    cubes += std::distance(cover.begin(), cover.end());
    Minimize(&cover);
    left += std::distance(cover.begin(), cover.end());
  }
  printf("%ld cubes, %ld left\n", cubes, left);
  return 0;
}
