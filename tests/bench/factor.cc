// Bignum factoring, for the benchmark: a program that does little but allocate. Pollard's rho on
// Mersenne numbers, with natural numbers whose digits lie on the heap: each operation allocates its
// result.
//
//   factor ROUNDS
//
// Prints a factor of each number.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace {

// A natural number: digits to the base of 2^32, the least first, none of the last ones 0.
using Natural = std::vector<uint32_t>;

Natural& Trim(Natural& number) {
  while (!number.empty() && number.back() == 0) number.pop_back();
  return number;
}

bool IsLess(const Natural& a, const Natural& b) {
  if (a.size() != b.size()) return a.size() < b.size();
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

Natural Product(const Natural& a, const Natural& b) {
  Natural product(a.size() + b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      carry += uint64_t{a[i]} * b[j] + product[i + j];
      product[i + j] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    product[i + b.size()] = static_cast<uint32_t>(carry);
  }
  return std::move(Trim(product));
}

Natural Successor(const Natural& number) {
  Natural next = number;
  for (uint32_t& digit : next) {
    if (++digit != 0) return next;
  }
  next.push_back(1);
  return next;
}

// Requires: a is not less than b.
Natural Difference(const Natural& a, const Natural& b) {
  Natural difference(a.size());
  uint64_t borrow = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const uint64_t digit = uint64_t{a[i]} - (i < b.size() ? b[i] : 0) - borrow;
    difference[i] = static_cast<uint32_t>(digit);
    borrow = digit >> 63;
  }
  return std::move(Trim(difference));
}

// rest -= divisor * quotient << 32 * at; the borrow that is left.
uint64_t SubtractMultiple(Natural* rest, const Natural& divisor, uint64_t quotient, size_t at) {
  uint64_t borrow = 0;
  for (size_t i = 0; i <= divisor.size(); ++i) {
    const uint64_t taken = (i < divisor.size() ? quotient * divisor[i] : 0) + borrow;
    const uint64_t digit = uint64_t{(*rest)[at + i]} - (taken & 0xffffffff);
    (*rest)[at + i] = static_cast<uint32_t>(digit);
    borrow = (taken >> 32) + (digit >> 63);
  }
  return borrow;
}

// Long division, each digit of the quotient estimated from two leading digits. Requires: b not 0.
Natural Remainder(const Natural& a, const Natural& b) {
  Natural rest;
  rest.reserve(a.size() + 1);
  rest.assign(a.begin(), a.end());
  rest.push_back(0);
  const uint64_t leading = uint64_t{b.back()} + 1;  // the estimate is never too large
  for (size_t at = a.size() + 1 - std::min(a.size() + 1, b.size()); at-- > 0;) {
    const size_t top = at + b.size();
    for (uint64_t estimate = 1; estimate != 0;) {
      estimate = (uint64_t{rest[top]} << 32 | rest[top - 1]) / leading;
      SubtractMultiple(&rest, b, std::min<uint64_t>(estimate, 0xffffffff), at);
    }
  }
  Trim(rest);
  return IsLess(rest, b) ? std::move(rest) : Difference(rest, b);
}

Natural CommonDivisor(Natural a, Natural b) {
  while (!b.empty()) a = std::exchange(b, Remainder(a, b));
  return a;
}

// A divisor of `number` other than 1; the number itself where none was found.
Natural Factor(const Natural& number) {
  constexpr int kStepsOfABatch = 64;
  const auto step = [&number](const Natural& x) {
    return Remainder(Successor(Product(x, x)), number);
  };
  Natural slow = {2}, fast = {2}, divisor = {1};
  while (divisor == Natural{1}) {
    Natural product = {1};
    for (int i = 0; i < kStepsOfABatch; ++i) {
      slow = step(slow);
      fast = step(step(fast));
      const bool is_less = IsLess(slow, fast);
      const Natural distance = is_less ? Difference(fast, slow) : Difference(slow, fast);
      product = Remainder(Product(product, distance), number);
    }
    divisor = CommonDivisor(number, product);
  }
  return divisor;
}

Natural Mersenne(int exponent) {
  Natural number(static_cast<size_t>(exponent) / 32, 0xffffffff);
  number.push_back((1u << exponent % 32) - 1);
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  for (int round = 0; round < atoi(argv[1]); ++round) {
    for (const int exponent : {67, 103, 109}) {
      const Natural factor = Factor(Mersenne(exponent));
      const uint64_t high = factor.size() > 1 ? factor[1] : 0;
      printf("2^%d - 1: %llu\n", exponent, static_cast<unsigned long long>(high << 32 | factor[0]));
    }
  }
  return 0;
}
