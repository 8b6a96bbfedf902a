import { describe, expect, it } from 'vitest';
import { bytes, change, count, share, shortName, time } from './format';

describe('numbers as memshim-report prints them', () => {
  it('sizes have three digits and decimal units', () => {
    expect([0, 999, 999.6, 1000, 12_345, 999_499, 999_500, 31_168_494, 2 ** 60].map((n) => bytes(n)))
      .toEqual(['0 B', '999 B', '1.00 KB', '1.00 KB', '12.3 KB', '999 KB', '1.00 MB', '31.2 MB', '1.15 EB']);
    expect(bytes(-160_000)).toBe('−160 KB');
    expect(bytes(1234, 'units')).toBe('1.23 k units');
  });
  it('counts are exact up to seven digits', () => {
    expect([0, 9_999_999, 10_000_000, 1_234_567_890].map(count)).toEqual(['0', '9,999,999', '10.0 M', '1.23 G']);
  });
  it('times go from microseconds to hours', () => {
    expect([0, 0.4, 12, 1200, 3_400_000, 110e6, 149e6, 720_000_000, 7000e6, 7300e6, 36e9].map((n) => time(n, 'µs')))
      .toEqual(['0 µs', '<1 µs', '12 µs', '1.20 ms', '3.40 s', '110 s', '2.48 min', '12.0 min', '117 min', '2.03 h', '10.0 h']);
    expect(time(12_345_678, 'instrs')).toBe('12.3 M instrs');
  });
  it('shares and changes say what they are', () => {
    expect([share(1, 3), share(1, 1e6), share(0, 5), share(5, 5), share(1, 0)]).toEqual(['33.3%', '<0.1%', '0.0%', '100%', '–']);
    expect([share(7, 10_000), share(4, 10_000), share(99_999, 100_000)]).toEqual(['0.1%', '<0.1%', '99.9%']);
    expect([change(1, 1), change(0, 3), change(3, 0), change(100, 150), change(100, 50)]).toEqual(['same', 'new', 'gone', '+50.0%', '−50.0%']);
  });
});

describe('short names', () => {
  it.each([
    ['std::vector<int, std::allocator<int> >::push_back(int const&)', 'std::vector<…>::push_back'],
    ['(anonymous namespace)::SplitFields(std::string const&)', 'SplitFields'],
    ['operator new(unsigned long)', 'operator new'],
    ['std::ostream& operator<< <char>(std::ostream&, char)', 'std::ostream& operator<< <…>'],
    ['Foo::operator()(int) const', 'Foo::operator()'],
    ['<alloc::vec::Vec<T> as core::iter::Extend<T>>::extend', '<alloc::vec::Vec<T> as core::iter::Extend<T>>::extend'],
    ['(below main)', '(below main)'],
    ['PyUnicode_New', 'PyUnicode_New'],
    ['a<b', 'a<b'],
  ])('%s', (label, short) => expect(shortName(label)).toBe(short));
});
